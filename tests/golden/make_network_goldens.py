#!/usr/bin/env python3
"""What the real definitions of configs/models/ say: networks/NAME.npy, scores of one clip.

Parameters and clip are formulas of their names (training_formulas.py, tests/models/network/network_definitions_test.cpp),
so that a few scores are all that has to be kept, and a network's names are checked with it.

    make_network_goldens.py [NAME…]

Needs numpy, torch, torchvision and pytorchvideo; for i3d the package cd-fvd, and for MoViNet tensorflow, tf_keras and
tf-models-official (both may be unpacked on PYTHONPATH, without what they depend on).
"""

import sys
from pathlib import Path

import numpy
import torch
import torchvision
import torchvision.models.video as torchvision_video
from pytorchvideo.models import hub

from training_formulas import name_stream, noise_of_shape

HERE = Path(__file__).resolve().parent


def parameter(name, shape):
    """The value of a parameter of the project's; kernels are O x I x …"""
    role = name.rsplit(".", 1)[1]
    values = noise_of_shape(shape, name_stream(name))
    if role == "kernel":
        return values * numpy.float32(numpy.sqrt(6 / numpy.prod(shape[1:])))
    scale = {"gamma": 0.3, "beta": 0.2, "bias": 0.1, "moving_mean": 0.2, "moving_variance": 0.5}[role]
    middle = 1 if role in ("gamma", "moving_variance") else 0
    return numpy.float32(middle) + values * numpy.float32(scale)


def clip(shape):
    return noise_of_shape((1, *shape), name_stream("input"))


def torch_roles(module):
    """The project's roles of a module's tensors."""
    if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
        return {"gamma": module.weight, "beta": module.bias, "moving_mean": module.running_mean,
                "moving_variance": module.running_var}
    if isinstance(module, (torch.nn.Conv2d, torch.nn.Conv3d, torch.nn.Linear)):
        roles = {"kernel": module.weight}
        return roles if module.bias is None else roles | {"bias": module.bias}
    return {}


def fill(network):
    with torch.no_grad():
        for name, module in network.named_modules():
            for role, tensor in torch_roles(module).items():
                tensor.copy_(torch.from_numpy(parameter(f"{name}.{role}", tuple(tensor.shape))))
    return network.eval()


def run_torch(network, given):
    with torch.no_grad():
        return fill(network)(given).numpy()


def torchvision_network(name):
    return lambda given: run_torch(getattr(torchvision_video, name)(), torch.from_numpy(given))


def pytorchvideo_network(name):
    def run(given):
        network = getattr(hub, name)(pretrained=False)
        network.blocks[-1].activation = None  # X3D's softmax: the project's file ends before it
        return run_torch(network, torch.from_numpy(given))
    return run


def slowfast(given):
    """With the slow path's samples chosen as PyTorchVideo's PackPathway does."""
    frames = torch.from_numpy(given)
    slow = torch.index_select(frames, 2, torch.linspace(0, frames.shape[2] - 1, frames.shape[2] // 4).long())
    return run_torch(hub.slowfast_r50(pretrained=False), [slow, frames])


class Shifted(torch.nn.Module):
    """TSM's shift (arXiv 1811.08383): an eighth of the channels from the next sample, an eighth from the one before."""

    def __init__(self, net, samples):
        super().__init__()
        self.net, self.samples = net, samples

    def forward(self, x):
        x = x.view(-1, self.samples, *x.shape[1:])
        part = x.shape[2] // 8
        shifted = x.clone()
        shifted[:, :, :2 * part] = 0
        shifted[:, :-1, :part] = x[:, 1:, :part]
        shifted[:, 1:, part:2 * part] = x[:, :-1, part:2 * part]
        return self.net(shifted.flatten(0, 1))


class Tsm(torch.nn.Module):
    def __init__(self, samples):
        super().__init__()
        self.base_model = torchvision.models.resnet50()
        self.base_model.fc = torch.nn.Identity()
        self.new_fc = torch.nn.Linear(2048, 400)
        for layer in (1, 2, 3, 4):
            for block in getattr(self.base_model, f"layer{layer}"):
                block.conv1 = Shifted(block.conv1, samples)

    def forward(self, clip):
        scores = self.new_fc(self.base_model(clip.transpose(1, 2).flatten(0, 1)))
        return scores.view(len(clip), -1, 400).mean(1)


def i3d(given):
    from cdfvd.third_party.i3d.pytorch_i3d import InceptionI3d
    network = fill(InceptionI3d(400, in_channels=3))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            module.eps = 1e-3  # as I3D's own; the package has another
    with torch.no_grad():
        return network(torch.from_numpy(given)).numpy()  # the mean over time


def movinet_network(stream):
    def run(given):
        import movinet
        return movinet.run(stream, parameter, given)
    return run


NETWORKS = {
    "r3d_18": ((3, 16, 112, 112), torchvision_network("r3d_18")),
    "mc3_18": ((3, 16, 112, 112), torchvision_network("mc3_18")),
    "r2plus1d_18": ((3, 16, 112, 112), torchvision_network("r2plus1d_18")),
    "s3d": ((3, 16, 224, 224), torchvision_network("s3d")),
    "x3d_xs": ((3, 4, 160, 160), pytorchvideo_network("x3d_xs")),
    "x3d_s": ((3, 13, 160, 160), pytorchvideo_network("x3d_s")),
    "x3d_m": ((3, 16, 224, 224), pytorchvideo_network("x3d_m")),
    "slow_r50": ((3, 8, 224, 224), pytorchvideo_network("slow_r50")),
    "c2d_r50": ((3, 8, 224, 224), pytorchvideo_network("c2d_r50")),
    "i3d_r50": ((3, 8, 224, 224), pytorchvideo_network("i3d_r50")),
    "csn_r101": ((3, 32, 224, 224), pytorchvideo_network("csn_r101")),
    "slowfast_r50": ((3, 32, 224, 224), slowfast),
    "tsm_r50": ((3, 8, 224, 224), lambda given: run_torch(Tsm(8), torch.from_numpy(given))),
    "i3d": ((3, 64, 224, 224), i3d),
    "movinet_a0": ((3, 50, 172, 172), movinet_network(stream=False)),
    "movinet_a0_stream": ((3, 50, 172, 172), movinet_network(stream=True)),
}


def main():
    (HERE / "networks").mkdir(exist_ok=True)
    for name in sys.argv[1:] or NETWORKS:
        shape, run = NETWORKS[name]
        scores = run(clip(shape)).reshape(-1).astype(numpy.float32)
        numpy.save(HERE / "networks" / f"{name}.npy", scores)
        print(name, len(scores), "scores, deviation", scores.std())


if __name__ == "__main__":
    main()
