#!/usr/bin/env python3
"""Makes golden cases of networks as mmaction2 defines them, with random weights and random running statistics:

    make_mmaction_goldens.py names            # tests/golden/mmaction2/NAME.txt: its tensors' names and shapes
    make_mmaction_goldens.py FOLDER [NAME…]   # FOLDER/mmaction2_NAME/{weights.pth, input.npy, output.npy, net.onnx}
    ACTIONFLOW_LARGE_GOLDENS=FOLDER build/test_models --gtest_filter='*Mmaction*'

Needs torch, onnx, numpy, mmengine-lite, mmcv-lite, mmaction2, einops, importlib_metadata and decord2. Networks are built
from the configurations that mmaction2 ships, so that what they are called and compute is its own word.
"""

import importlib.util
import sys
import types
import warnings
import zlib
from pathlib import Path

import numpy
import torch
from torch import nn

from make_torch_zoo import randomise

warnings.filterwarnings("ignore")


def mmaction_models():
    """mmaction2 1.2.0 as its wheel has it: without one folder, and refusing newer mmcv."""
    import mmcv
    mmcv.__version__ = "2.1.0"
    for name in ("drn", "drn.drn"):
        module = types.ModuleType("mmaction.models.localizers." + name)
        module.DRN = object
        sys.modules.setdefault(module.__name__, module)
    import mmaction.models  # noqa: F401, registers the kinds of models
    from mmaction.registry import MODELS
    from mmengine.registry import init_default_scope
    init_default_scope("mmaction")
    return MODELS


def configuration(name):
    """The `model` of a configuration that mmaction2 ships."""
    from mmengine import Config
    shipped = Path(importlib.util.find_spec("mmaction").origin).parent / ".mim/configs"
    return Config.fromfile(shipped / name).model


def configured(file, shape, **backbone):
    def made():
        model = configuration(file)
        model.backbone.update(backbone, pretrained=None)
        if "embed_dims" in backbone:
            model.cls_head.in_channels = backbone["embed_dims"]
        return model
    return made, shape


VIDEOMAE = "recognition/videomae/vit-base-p16_videomae-k400-pre_16x4x1_kinetics-400.py"
CLIP = (1, 3, 16, 224, 224)
NETWORKS = {
    "slow_r50": configured("_base_/models/slowonly_r50.py", (1, 3, 8, 224, 224)),
    "c2d_r50": configured("_base_/models/c2d_r50.py", (1, 3, 8, 224, 224)),
    "i3d_r50": configured("_base_/models/i3d_r50.py", (1, 3, 32, 224, 224)),
    "csn_r50": configured("_base_/models/ircsn_r152.py", (1, 3, 32, 224, 224), depth=50),
    "csn_r152": configured("_base_/models/ircsn_r152.py", (1, 3, 32, 224, 224)),
    "slowfast_r50": configured("recognition/slowfast/slowfast_r50_8xb8-8x8x1-256e_kinetics400-rgb.py",
                               (1, 3, 32, 224, 224)),
    "tsm_r50": configured("_base_/models/tsm_r50.py", (1, 3, 8, 224, 224)),
    "timesformer_b": configured(
        "recognition/timesformer/timesformer_divST_8xb8-8x32x1-15e_kinetics400-rgb.py", (1, 3, 8, 224, 224)),
    "videomae_s": configured(VIDEOMAE, CLIP, embed_dims=384, num_heads=6),
    "videomae_b": configured(VIDEOMAE, CLIP),
    "swin3d_t": configured("_base_/models/swin_tiny.py", CLIP),
    "mvit_v2_s": configured("_base_/models/mvit_small.py", CLIP),
}


class Classifier(nn.Module):
    """From a clip of N×C×T×H×W to the scores of its head, under the names of the whole recogniser."""

    def __init__(self, models, model):
        super().__init__()
        self.pictures = model.type == "Recognizer2D"
        self.backbone = models.build(model.backbone)
        self.cls_head = models.build(model.cls_head)

    def forward(self, x):
        frames = x.shape[2]
        if self.pictures:
            return self.cls_head(self.backbone(x.transpose(1, 2).flatten(0, 1)), frames)
        return self.cls_head(self.backbone(x))


def build(name):
    return Classifier(mmaction_models(), NETWORKS[name][0]()).eval()


def write_names():
    folder = Path(__file__).parent / "mmaction2"
    folder.mkdir(exist_ok=True)
    for name in NETWORKS.keys() - {"csn_r152", "videomae_b"}:  # as their smaller ones
        lines = [f"{key} {'×'.join(map(str, value.shape))}" for key, value in build(name).state_dict().items()
                 if value.is_floating_point()]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")


def export(net, given, file, name):
    """As scripts do; Swin, which PyTorch cannot export so, and MViT, whose indices of every score are so written out,
    by torch.export."""
    if name in ("swin3d_t", "mvit_v2_s"):
        torch.onnx.export(net, (given,), file, opset_version=18, dynamo=True, external_data=False)
    else:
        torch.onnx.export(net, (given,), file, opset_version=17, dynamo=False)


def write_case(folder, name):
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    net = build(name)
    fixed = {key: value.clone() for key, value in net.state_dict().items() if key == "backbone.pos_embed" and
             name.startswith("videomae")}  # a sinusoid, no weights
    randomise(net, generator)
    net.load_state_dict(fixed, strict=False)
    given = torch.randn(NETWORKS[name][1], generator=generator)
    with torch.no_grad():
        expected = net(given).numpy()[:, :, None, None, None]
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"meta": {}, "state_dict": net.state_dict()}, folder / "weights.pth")
    numpy.save(folder / "input.npy", given.numpy())
    numpy.save(folder / "output.npy", expected)
    export(net, given, folder / "net.onnx", name)
    print(name, "largest output", numpy.abs(expected).max())


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "names":
        return write_names()
    for name in sys.argv[2:] or NETWORKS:
        write_case(Path(sys.argv[1]) / ("mmaction2_" + name), name)


if __name__ == "__main__":
    main()
