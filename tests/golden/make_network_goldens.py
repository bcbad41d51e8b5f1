#!/usr/bin/env python3
"""What the real definitions of configs/models/ say: networks/NAME.npy, scores of one clip.

Parameters and clip are formulas of their names (training_formulas.py, tests/models/network/network_definitions_test.cpp),
so that a few scores are all that has to be kept, and a network's names are checked with it.

    make_network_goldens.py [NAME…]

Needs numpy, torch, torchvision and pytorchvideo.
"""

import sys
from pathlib import Path

import numpy
import torch
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
