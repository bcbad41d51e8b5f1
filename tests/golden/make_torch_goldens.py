#!/usr/bin/env python3
"""Makes golden cases (golden_case.py) of PyTorch modules under torch/: each kind of layer that PyTorch holds in its
own way, and each way in which people save weights.

Needs torch, safetensors and numpy. Weights and inputs are random and fixed by the seed; running statistics are
random too. In the place of weights.safetensors of other cases stands the file that was saved.
"""

import json
import sys
import zlib
from collections import OrderedDict
from pathlib import Path

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

from golden_case import clear, write_case

HERE = Path(__file__).resolve().parent / "torch"


class Flattened(nn.Module):
    """Convolutions in groups, then weights a channel behind a flatten."""

    layers = [
        "{layer: conv3d, name: conv, filters: 6, kernel: [3, 1, 3], padding: [1, 0, 1], groups: 3}",
        "{layer: batch_norm, name: norm, epsilon: 1e-5, momentum: 0.9}",
        "{layer: prelu, name: bend}",
        "{layer: max_pool3d, size: [1, 2, 2]}",
        "{layer: conv3d, name: depth, filters: 6, kernel: 1, groups: 6, bias: false}",
        "flatten",
        "{layer: batch_norm, name: norm1d, epsilon: 1e-5, momentum: 0.9}",
        "{layer: dense, name: head.1, units: 5}",
    ]
    shape = (2, 3, 3, 6, 4)

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(3, 6, (3, 1, 3), padding=(1, 0, 1), groups=3)
        self.norm = nn.BatchNorm3d(6)
        self.bend = nn.PReLU(6)
        self.depth = nn.Conv3d(6, 6, 1, groups=6, bias=False)
        self.norm1d = nn.BatchNorm1d(6 * 3 * 3 * 2)
        self.head = nn.Sequential(nn.Dropout(), nn.Linear(6 * 3 * 3 * 2, 5))

    def forward(self, x):
        x = nn.functional.max_pool3d(self.bend(self.norm(self.conv(x))), (1, 2, 2))
        return self.head(self.norm1d(self.depth(x).flatten(1)))


class Frames(nn.Module):
    """A picture network on every frame, a recurrent one over the frames; `flat`: over flattened maps."""

    shape = (2, 3, 4, 5, 6)

    def __init__(self, cell, bidirectional=False, flat=False, bias=True):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.flat, self.both = flat, bidirectional
        self.cell = cell(4 * 30 if flat else 4, 3, batch_first=True, bidirectional=bidirectional, bias=bias)
        self.head = nn.Linear(6 if bidirectional else 3, 2)
        name = cell.__name__.lower()
        kind = f"bidirectional, name: cell, cell: {name}" if bidirectional else f"{name}, name: cell"
        self.layers = [
            "{layer: conv2d, name: conv, filters: 4, kernel: 3, padding: 1, bias: false}",
            "{layer: batch_norm, name: norm, epsilon: 1e-5, momentum: 0.9}",
            "relu",
            "{layer: flatten, keep_time: true}" if flat else "{layer: global_average_pool, over: space}",
            "{layer: " + kind + f", units: 3, bias: {str(bias).lower()}" + "}",
            "{layer: dense, name: head, units: 2}",
        ]

    def forward(self, x):
        n, c, t, h, w = x.shape
        x = torch.relu(self.norm(self.conv(x.transpose(1, 2).reshape(n * t, c, h, w))))
        x = x.flatten(1) if self.flat else x.mean((2, 3))
        last = self.cell(x.reshape(n, t, -1))[1]
        last = last[0] if isinstance(last, tuple) else last
        return self.head(torch.cat(tuple(last), 1))


class Pointwise(nn.Module):
    """A Linear that stands as a 1x1x1 convolution in the model file, and a Conv1d over time."""

    layers = [
        "{layer: global_average_pool, over: space}",
        "{layer: conv3d, name: time, filters: 4, kernel: [2, 1, 1], activation: relu}",
        "{layer: global_average_pool}",
        "{layer: conv3d, name: head, filters: 2, kernel: 1}",
    ]
    shape = (2, 3, 5, 2, 2)

    def __init__(self):
        super().__init__()
        self.time = nn.Conv1d(3, 4, 2)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.relu(self.time(x.mean((3, 4)))).mean(2))


def randomised(net, name):
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    for key, value in net.state_dict().items():
        if not value.is_floating_point():
            value.fill_(7)
        elif "var" in key or value.ndim == 1 and "weight" in key:
            value.uniform_(0.5, 2, generator=generator)
        else:
            value.copy_(torch.randn(value.shape, generator=generator) * 0.4)
    return net.eval()


def zipped(content, folder, **options):
    torch.save(content, folder / "weights.pth", **options)


def older(content, folder, **options):
    zipped(content, folder, _use_new_zipfile_serialization=False, **options)


def rounded(net, dtype):
    net.load_state_dict({k: v.to(dtype).to(v.dtype) if v.is_floating_point() else v
                         for k, v in net.state_dict().items()})
    return OrderedDict((k, v.to(dtype) if v.is_floating_point() else v) for k, v in net.state_dict().items())


def views(net):
    """All weights in one storage, with gaps; matrices as transposed views; one kept as a parameter."""
    state = OrderedDict()
    whole = torch.zeros(sum(v.numel() + 3 for v in net.state_dict().values()))
    at = 1
    for key, value in net.state_dict().items():
        if value.ndim == 2:
            held = whole[at:at + value.numel()].view(value.shape[::-1]).t()
        else:
            held = whole[at:at + value.numel()].view(value.shape)
        held.copy_(value)
        state[key] = nn.Parameter(held) if key == "conv.bias" else held
        at += value.numel() + 3
    return state


def prefixed(net, prefix):
    return OrderedDict((prefix + k, v) for k, v in net.state_dict().items())


def lightning(net, folder):
    optimizer = torch.optim.AdamW(net.parameters())
    sum(p.sum() for p in net.parameters()).backward()
    optimizer.step()
    state = prefixed(net, "model.")
    state["loss.weight"] = torch.ones(5)
    zipped({"epoch": 3, "global_step": 2 ** 40, "pytorch-lightning_version": "2.5.0", "state_dict": state,
            "lr_schedulers": [], "optimizer_states": [optimizer.state_dict()], "loops": {"fit": {"done": True}},
            "hparams": {"lr": 0.1, "dtype": torch.float16, "betas": (0.9, 0.99), "none": None}}, folder)


def slowfast(net, folder):
    older({"epoch": 3, "model_state": net.state_dict(), "optimizer_state": {"state": {}, "param_groups": []},
           "cfg": "TRAIN:\n  ENABLE: true\n", "scaler_state": None}, folder)


def sharded(net, folder):
    shards = {"a.safetensors": {}, "b.safetensors": {}}
    index = {"metadata": {"total_size": 0}, "weight_map": {}}
    for i, (key, value) in enumerate(net.state_dict().items()):
        shard = sorted(shards)[i % 2]
        shards[shard][key] = value.contiguous()
        index["weight_map"][key] = shard
    for name, tensors in shards.items():
        save_file(tensors, folder / name, metadata={"format": "pt"})
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


CASES = {
    # kinds of layers
    "flattened": (Flattened, lambda net, folder: zipped(net.state_dict(), folder)),
    "lstm": (lambda: Frames(nn.LSTM), lambda net, folder: zipped(net.state_dict(), folder)),
    "lstm_flattened": (lambda: Frames(nn.LSTM, flat=True), lambda net, folder: zipped(net.state_dict(), folder)),
    "lstm_without_bias": (lambda: Frames(nn.LSTM, bias=False), lambda net, folder: zipped(net.state_dict(), folder)),
    "gru": (lambda: Frames(nn.GRU), lambda net, folder: zipped(net.state_dict(), folder)),
    "gru_flattened": (lambda: Frames(nn.GRU, flat=True), lambda net, folder: zipped(net.state_dict(), folder)),
    "lstm_bidirectional": (lambda: Frames(nn.LSTM, True), lambda net, folder: zipped(net.state_dict(), folder)),
    "gru_bidirectional": (lambda: Frames(nn.GRU, True), lambda net, folder: zipped(net.state_dict(), folder)),
    "pointwise": (Pointwise, lambda net, folder: zipped(net.state_dict(), folder)),
    # ways to save
    "older": (Flattened, lambda net, folder: older(net.state_dict(), folder)),
    "protocol_4": (Flattened, lambda net, folder: zipped(net.state_dict(), folder, pickle_protocol=4)),
    "protocol_5": (Flattened, lambda net, folder: zipped({"model": net.state_dict()}, folder, pickle_protocol=5)),
    "protocol_5_older": (Flattened, lambda net, folder: older(net.state_dict(), folder, pickle_protocol=5)),
    "half": (Flattened, lambda net, folder: zipped(rounded(net, torch.float16), folder)),
    "bfloat16": (Flattened, lambda net, folder: zipped(rounded(net, torch.bfloat16), folder)),
    "double": (Flattened, lambda net, folder: zipped(rounded(net, torch.float64), folder)),
    "views": (Flattened, lambda net, folder: zipped(views(net), folder)),
    "views_older": (Flattened, lambda net, folder: older(views(net), folder)),
    "wrapped": (Flattened, lambda net, folder: zipped(prefixed(net, "module._orig_mod."), folder)),
    "lightning": (Flattened, lightning),
    "slowfast": (Flattened, slowfast),
    "nested": (Flattened, lambda net, folder: zipped({"model": {"state_dict": net.state_dict()}}, folder)),
    "safetensors_half": (Flattened, lambda net, folder: save_file(
        {k: v.contiguous() for k, v in rounded(net, torch.float16).items()}, folder / "model.safetensors")),
    "sharded": (Flattened, sharded),
}


def main():
    wanted = sys.argv[1:] or CASES
    if wanted is CASES:
        clear(HERE)
    for name in wanted:
        make, save = CASES[name]
        net = randomised(make(), name)
        folder = HERE / name
        folder.mkdir(parents=True)
        save(net, folder)
        given = torch.randn(net.shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode()) + 1))
        with torch.no_grad():
            expected = net(given).numpy()[:, :, None, None, None]
        write_case(folder, "make_torch_goldens.py", "torch " + torch.__version__, net.layers, {}, given.numpy(), expected)


if __name__ == "__main__":
    main()
