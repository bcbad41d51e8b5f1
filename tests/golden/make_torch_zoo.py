#!/usr/bin/env python3
"""Makes golden cases of whole networks as torchvision and PyTorchVideo define them, with random weights and random
running statistics: FOLDER/NAME/{weights.pth, input.npy, output.npy} for each of the project's model files NAME.yaml.

    make_torch_zoo.py FOLDER [NAME…]
    ACTIONFLOW_LARGE_GOLDENS=FOLDER build/test_models --gtest_filter='*TorchZoo*'

Needs torch, torchvision, pytorchvideo and numpy. The files are large (C3D's 319 MB), so they are made on demand.
"""

import sys
import zlib
from pathlib import Path

import numpy
import torch
import torchvision
from torch import nn
from torchvision.models import video


class Lrcn(nn.Module):
    """ResNet-18 on each frame, its classifier left away; an LSTM over the frames."""

    def __init__(self):
        super().__init__()
        frame = torchvision.models.resnet18()
        del frame.fc
        for name, child in frame.named_children():
            self.add_module(name, child)
        self.lstm = nn.LSTM(512, 512, batch_first=True)
        self.fc = nn.Linear(512, 400)

    def forward(self, x):
        n, c, t, h, w = x.shape
        y = x.transpose(1, 2).reshape(n * t, c, h, w)
        y = self.maxpool(self.relu(self.bn1(self.conv1(y))))
        y = self.avgpool(self.layer4(self.layer3(self.layer2(self.layer1(y))))).reshape(n, t, 512)
        return self.fc(self.lstm(y)[0][:, -1]).softmax(1)


class C3d(nn.Module):
    def __init__(self):
        super().__init__()
        channels = 3
        for name, width in (("1", 64), ("2", 128), ("3a", 256), ("3b", 256), ("4a", 512), ("4b", 512), ("5a", 512),
                            ("5b", 512)):
            self.add_module("conv" + name, nn.Conv3d(channels, width, 3, padding=1))
            channels = width
        self.fc6, self.fc7, self.fc8 = nn.Linear(8192, 4096), nn.Linear(4096, 4096), nn.Linear(4096, 400)

    def forward(self, x):
        pool = nn.functional.max_pool3d
        x = pool(torch.relu(self.conv1(x)), (1, 2, 2))
        x = pool(torch.relu(self.conv2(x)), 2)
        x = pool(torch.relu(self.conv3b(torch.relu(self.conv3a(x)))), 2)
        x = pool(torch.relu(self.conv4b(torch.relu(self.conv4a(x)))), 2)
        x = pool(torch.relu(self.conv5b(torch.relu(self.conv5a(x)))), 2, padding=(0, 1, 1))
        return self.fc8(torch.relu(self.fc7(torch.relu(self.fc6(x.flatten(1))))))


def x3d_s():
    from pytorchvideo.models import hub
    net = hub.x3d_s(pretrained=False)
    net.blocks[-1].activation = None  # the model file ends in logits
    return net


class StillResnet50(torchvision.models.ResNet):
    """What an inflated ResNet-50 has to give on a still clip: its answer on the first frame."""

    def __init__(self):
        super().__init__(torchvision.models.resnet.Bottleneck, [3, 4, 6, 3])

    def forward(self, x):
        return super().forward(x[:, :, 0])


NETWORKS = {
    "r3d_18": (video.r3d_18, (1, 3, 16, 112, 112)),
    "mc3_18": (video.mc3_18, (1, 3, 16, 112, 112)),
    "r2plus1d_18": (video.r2plus1d_18, (1, 3, 16, 112, 112)),
    "s3d": (video.s3d, (1, 3, 16, 224, 224)),
    "x3d_s": (x3d_s, (1, 3, 13, 160, 160)),
    "lrcn_r18": (Lrcn, (1, 3, 16, 112, 112)),
    "c3d": (C3d, (1, 3, 16, 112, 112)),
    "resnet50_still": (StillResnet50, (1, 3, 8, 224, 224)),  # for convert --inflate to slow_r50
}


def randomise(net, generator):
    """Weights that keep the size of values, and statistics near what they would be."""
    for key, value in net.state_dict().items():
        if not value.is_floating_point():
            continue
        if key.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
        elif key.endswith("running_mean") or key.endswith("bias"):
            value.copy_(torch.randn(value.shape, generator=generator) * 0.1)
        elif value.ndim == 1:
            value.uniform_(0.5, 1.5, generator=generator)
        else:
            value.copy_(torch.randn(value.shape, generator=generator) * (2 / value[0].numel()) ** 0.5)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[2:] or NETWORKS:
        make, shape = NETWORKS[name]
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        net = make().eval()
        randomise(net, generator)
        given = torch.randn(shape, generator=generator)
        if name.endswith("_still"):
            given = given[:, :, :1].expand(shape)
        with torch.no_grad():
            expected = net(given).numpy()[:, :, None, None, None]
        folder = Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(net.state_dict(), folder / "weights.pth")
        numpy.save(folder / "input.npy", given.numpy())
        numpy.save(folder / "output.npy", expected)
        print(name, "largest output", numpy.abs(expected).max())


if __name__ == "__main__":
    main()
