#!/usr/bin/env python3
"""Makes tests/golden/onnx_networks: small networks in ONNX files, as PyTorch's two exporters write them and as
onnx.helper makes what those never write.

    python3 -m venv v && v/bin/pip install torch onnx onnxscript onnxruntime
    v/bin/python tests/golden/make_onnx_network_goldens.py [NAME...]
    v/bin/python tests/golden/make_onnx_network_goldens.py --large FOLDER/onnx     (torchvision, pytorchvideo too)

    NAME/network.onnx   NAME_export/network.onnx is torch.export's form of the same
    NAME/input.npy      N x C x T x H x W
    NAME/output.npy     what ONNX Runtime gives, N x C or in the same order
"""
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn
from onnx import TensorProto, helper, numpy_helper

FOLDER = Path(__file__).resolve().parent / "onnx_networks"
MODULES, GRAPHS = {}, {}


def module(*shape):
    """A function that returns an nn.Module, for an input of this shape in the file's own axes."""
    def keep(function):
        MODULES[function.__name__] = (function, shape)
        return function
    return keep


def graph(function):
    """A function that returns (nodes, initialisers, input's shape, opset)."""
    GRAPHS[function.__name__] = function
    return function


class Calls(nn.Module):
    """What `forward` computes with these modules."""

    def __init__(self, forward, **modules):
        super().__init__()
        self.call = forward
        for name, inside in modules.items():
            setattr(self, name, inside)

    def forward(self, x):
        return self.call(self, x)


# ---- convolutions, pools, norms ----

@module(1, 3, 2, 4, 5)
def torch_activations():
    kinds = [nn.LeakyReLU(), nn.LeakyReLU(.2), nn.ELU(), nn.ELU(.7), nn.SELU(), nn.CELU(), nn.Mish(), nn.Softplus(), nn.Softsign(), nn.ReLU6(),
             nn.Hardswish(), nn.Hardsigmoid(), nn.Hardtanh(), nn.PReLU(3), nn.SiLU(), nn.GELU("tanh")]
    return nn.Sequential(*(layer for kind in kinds for layer in (nn.Conv3d(3, 3, 1), kind)), nn.Flatten(), nn.Linear(120, 4))


@module(1, 2, 6, 9, 8)
def convolutions():
    return nn.Sequential(nn.Conv3d(2, 4, (3, 3, 3), padding=(0, 1, 1)), nn.Conv3d(4, 6, (1, 3, 3), stride=(1, 2, 2), groups=2),
                         nn.ReLU(), nn.Conv3d(6, 6, (3, 1, 1), dilation=(1, 1, 1), groups=6, bias=False), nn.Sigmoid(),
                         nn.Conv3d(6, 5, (1, 2, 2), dilation=(1, 2, 1)), nn.Flatten(), nn.Linear(5 * 2 * 2 * 2, 3))


@module(1, 3, 4, 9, 9)
def residual():
    def block(i, o, stride):
        return Calls(lambda self, x: torch.relu(self.main(x) + self.short(x)),
                     main=nn.Sequential(nn.Conv3d(i, o, 3, stride, 1, bias=False), nn.BatchNorm3d(o), nn.ReLU(),
                                        nn.Conv3d(o, o, 3, 1, 1, bias=False), nn.BatchNorm3d(o)),
                     short=nn.Identity() if i == o else nn.Sequential(nn.Conv3d(i, o, 1, stride, bias=False), nn.BatchNorm3d(o)))
    return nn.Sequential(nn.Conv3d(3, 4, (3, 5, 5), (1, 2, 2), (1, 2, 2), bias=False), nn.BatchNorm3d(4), nn.ReLU(),
                         block(4, 4, 1), block(4, 6, 2), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, 3))


@module(1, 2, 5, 7, 7)
def pools():
    return Calls(lambda self, x: torch.cat([pool(x).flatten(1) for pool in self.all], 1),
                 all=nn.ModuleList([nn.MaxPool3d(2), nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)), nn.MaxPool3d(2, ceil_mode=True),
                                    nn.AvgPool3d(2), nn.AvgPool3d(3, 2, 1), nn.AvgPool3d(3, 2, 1, count_include_pad=False),
                                    nn.AvgPool3d((2, 7, 7), 1), nn.AvgPool3d((5, 7, 7)), nn.AdaptiveMaxPool3d(1)]))


@module(1, 3, 4, 5, 5)
def norm_after_activation():
    return nn.Sequential(nn.Conv3d(3, 4, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(4), nn.MaxPool3d(2), nn.Flatten(),
                         nn.Dropout(.5), nn.Linear(32, 3), nn.Softmax(1))


@module(1, 4, 3, 4, 4)
def squeeze_excite():
    return Calls(lambda self, x: self.out(nn.functional.silu(x * torch.sigmoid(self.b(torch.relu(self.a(x.mean((2, 3, 4), keepdim=True))))))),
                 a=nn.Conv3d(4, 2, 1), b=nn.Conv3d(2, 4, 1), out=nn.Conv3d(4, 2, 1))


@module(1, 3, 8, 9)
def picture():
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(3, 2, 1), nn.AdaptiveAvgPool2d(1),
                         nn.Flatten(), nn.Linear(4, 3))


@module(1, 3, 10)
def steps():
    return nn.Sequential(nn.Conv1d(3, 4, 3, padding=1), nn.BatchNorm1d(4), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(4, 3, 3),
                         nn.AdaptiveAvgPool1d(1), nn.Flatten())


@module(1, 2, 3, 4, 4)
def activations():
    kinds = [torch.relu, torch.sigmoid, torch.tanh, nn.functional.silu, nn.functional.hardswish, nn.functional.hardsigmoid,
             nn.functional.relu6, nn.functional.leaky_relu, lambda x: nn.functional.hardtanh(x, -.5, 2.)]
    return Calls(lambda self, x: self.out(sum(kind(inside(x)) for kind, inside in zip(kinds, self.inside)) + self.p(x)),
                 inside=nn.ModuleList([nn.Conv3d(2, 3, 1) for _ in kinds]), p=nn.Sequential(nn.Conv3d(2, 3, 1), nn.PReLU(3), nn.PReLU()),
                 out=nn.Conv3d(3, 2, 3, padding=1))


@module(1, 3, 4, 4, 4)
def prepared_inside():
    mean, std = torch.tensor([.4, .5, .6]).view(1, 3, 1, 1, 1), torch.tensor([.2, .3, .25]).view(1, 3, 1, 1, 1)
    return Calls(lambda self, x: self.inside((x - mean) / std) * 2 - 1,
                 inside=nn.Sequential(nn.Conv3d(3, 4, 3, padding=1), nn.Tanh(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 3)))


@module(1, 2, 4, 5, 5)
def padded():
    pad = nn.functional.pad
    return Calls(lambda self, x: self.b(pad(self.a(pad(x, (0, 1, 1, 0, 1, 1))), (1, 1, 0, 0))),
                 a=nn.Conv3d(2, 3, 3, padding=(0, 1, 1)), b=nn.Conv3d(3, 2, (1, 2, 2), padding="same"))


# ---- joins, slices, layouts ----

@module(1, 8, 9, 6, 7)
def every_second_step():
    def forward(self, x):
        rare = self.a(x[:, ::2, 1::3, ::2, 2::2]) + self.a(nn.functional.interpolate(x, scale_factor=(1 / 3, .5, .5), mode="nearest")[:, 4:])
        return self.b(rare.flatten(2).mean(2)[:, 1::2])
    return Calls(forward, a=nn.Conv3d(4, 6, (2, 1, 2)), b=nn.Linear(3, 4))


@module(1, 3, 4, 5, 6)
def block_put_in_place():
    def forward(self, x):
        y = self.a(x)
        z = y.clone()
        z[:, 1:, :, 1:4] = torch.relu(y[:, 1:, :, 2:]) - 1
        z[:, :, 2:3] = y[:, :, :1]
        return self.b(z).mean((2, 3, 4))
    return Calls(forward, a=nn.Conv3d(3, 4, (1, 1, 3)), b=nn.Conv3d(4, 2, (2, 3, 2)))


@module(1, 3, 8, 5, 5)
def two_rates():
    def forward(self, x):
        slow, fast = self.slow(x[:, :, ::4]), self.fast(x)
        slow = torch.cat([slow, self.lateral(fast)], 1)
        y = torch.cat([slow.mean((2, 3, 4)), torch.amax(fast, (2, 3, 4))], 1)
        return self.head(y[:, :, None, None, None].permute(0, 2, 3, 4, 1)).permute(0, 4, 1, 2, 3).mean((2, 3, 4))
    return Calls(forward, slow=nn.Conv3d(3, 4, (1, 3, 3)), fast=nn.Conv3d(3, 2, (3, 3, 3), padding=(1, 0, 0)),
                 lateral=nn.Conv3d(2, 3, (5, 1, 1), (4, 1, 1), (2, 0, 0)), head=nn.Linear(9, 3))


@module(1, 2, 3, 4, 5)
def flattened_orders():
    def forward(self, x):
        y = torch.relu(self.a(x))
        whole = self.whole(y.flatten(1))
        each = self.each(y.permute(0, 2, 1, 3, 4).flatten(2))        # a vector a frame
        rows = self.rows(y.permute(0, 3, 2, 4, 1).flatten(2))        # (height) x (time, width, channels)
        places = self.places(y.permute(0, 2, 3, 4, 1))               # channels at each position
        return torch.cat([whole, each.mean(1), rows.amax(1), places.flatten(1, 3).mean(1)], 1)
    return Calls(forward, a=nn.Conv3d(2, 3, 1), whole=nn.Linear(180, 3), each=nn.Linear(60, 4), rows=nn.Linear(45, 2),
                 places=nn.Linear(3, 2))


@module(1, 2, 4, 3, 3)
def pieces():
    def forward(self, x):
        y = self.a(x)
        halves = y.reshape(1, 2, 3, 4, 3, 3).permute(0, 2, 1, 3, 4, 5).reshape(1, 6, 4, 3, 3)  # channels shuffled
        z = self.b(halves)
        last = z[:, :, -1].mean((2, 3))
        return torch.cat([last, z[:, :, 1].amax((2, 3)), z.mean(2).flatten(1)], 1)
    return Calls(forward, a=nn.Conv3d(2, 6, 1), b=nn.Conv3d(6, 4, 1, groups=2))


@module(1, 2, 4, 3, 3)
def means_of_other_axes():
    return Calls(lambda self, x: torch.cat([self.a(x).mean(1).flatten(1), self.a(x).mean(3).flatten(1), self.a(x).amax((1, 4)).flatten(1)], 1),
                 a=nn.Conv3d(2, 3, 1))


@module(1, 2, 4, 3, 3)
def joined_along_time():
    return Calls(lambda self, x: self.b(torch.cat([self.a(x), x], 2)), a=nn.Conv3d(2, 2, 3, padding=1), b=nn.Conv3d(2, 2, (3, 1, 1)))


# ---- sequences ----

@module(1, 3, 5, 6, 6)
def frames_then_lstm():
    def forward(self, x):
        n, c, t, h, w = x.shape
        y = self.frame(x.transpose(1, 2).reshape(n * t, c, h, w)).reshape(n, t, 4)
        return self.head(self.lstm(y)[0][:, -1])
    return Calls(forward, frame=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
                 lstm=nn.LSTM(4, 5, batch_first=True), head=nn.Linear(5, 3))


@module(1, 5, 3)
def lstm_sequence():
    return Calls(lambda self, x: self.head(self.lstm(x)[0]), lstm=nn.LSTM(3, 4, batch_first=True), head=nn.Linear(4, 2))


@module(1, 5, 3)
def lstm_layers_both_ways():
    return Calls(lambda self, x: self.head(self.lstm(x)[0].mean(1)),
                 lstm=nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True), head=nn.Linear(8, 2))


@module(1, 5, 3)
def gru_last():
    return Calls(lambda self, x: self.head(self.gru(x)[0][:, -1]), gru=nn.GRU(3, 4, batch_first=True), head=nn.Linear(4, 2))


@module(1, 5, 3)
def gru_states():
    return Calls(lambda self, x: self.head(self.gru(x)[1].transpose(0, 1).flatten(1)),
                 gru=nn.GRU(3, 4, bidirectional=True, batch_first=True), head=nn.Linear(8, 2))


@module(1, 5, 3)
def lstm_without_bias():
    return Calls(lambda self, x: self.head(self.lstm(x)[0][:, -1]), lstm=nn.LSTM(3, 4, bias=False, batch_first=True), head=nn.Linear(4, 2))


# ---- transformers ----

@module(1, 4, 6)
def attention():
    """Queries, keys and values by one product, heads cut out of it."""
    def forward(self, x):
        q, k, v = self.qkv(x).reshape(1, 4, 3, 2, 3).permute(2, 0, 3, 1, 4).unbind(0)
        y = torch.softmax(q @ k.transpose(-2, -1) * .7, -1) @ v
        return self.out(y.transpose(1, 2).flatten(2)).mean(1)
    return Calls(forward, qkv=nn.Linear(6, 18), out=nn.Linear(6, 3))


@module(1, 3, 4, 4, 4)
def attention_in_frames_then_in_time():
    def forward(self, x):
        t, h, w, c = 4, 2, 2, 6
        y = self.patches(x).permute(0, 2, 3, 4, 1).reshape(t, h * w, c)           # frames are the batch
        y = y + self.within(y)
        y = y.transpose(0, 1)                                                     # places are the batch
        return self.out((y + self.along(y)).mean((0, 1)))[None]

    def attend(self, x):
        heads = lambda y: y.reshape(y.shape[0], y.shape[1], 2, 3).transpose(1, 2)
        y = nn.functional.scaled_dot_product_attention(heads(self.q(x)), heads(self.k(x)), heads(self.v(x)))
        return self.o(y.transpose(1, 2).flatten(2))
    attention = lambda: Calls(attend, q=nn.Linear(6, 6), k=nn.Linear(6, 6), v=nn.Linear(6, 6), o=nn.Linear(6, 6))
    return Calls(forward, patches=nn.Conv3d(3, 6, (1, 2, 2), (1, 2, 2)), within=attention(), along=attention(), out=nn.Linear(6, 3))


@module(1, 3, 4, 32, 32)
def videomae():
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification
    net = VideoMAEForVideoClassification(VideoMAEConfig(
        image_size=32, patch_size=16, num_frames=4, hidden_size=24, num_attention_heads=3, num_hidden_layers=2,
        intermediate_size=32, num_labels=5))
    return Calls(lambda self, x: self.net(x.transpose(1, 2)).logits, net=net)


@module(1, 3, 3, 16, 16)
def timesformer():
    """Class token and embeddings by position and time, attention in time, then in space beside the class token."""
    from transformers import TimesformerConfig, TimesformerForVideoClassification
    net = TimesformerForVideoClassification(TimesformerConfig(
        image_size=16, patch_size=8, num_frames=3, hidden_size=24, num_attention_heads=2, num_hidden_layers=2,
        intermediate_size=32, num_labels=5))
    return Calls(lambda self, x: self.net(x.transpose(1, 2)).logits, net=net)


@module(1, 3, 4, 32, 32)
def mvit():
    """Pooled queries, keys and values, decomposed relative positions, what is put in place row by row."""
    from torchvision.models.video import mvit as module
    blocks = ((1, 8, 8, 1, 4), (2, 8, 16, 2, 2))  # heads, channels in and out, strides
    settings = [module.MSBlockConfig(heads, i, o, [3] * 3, [3] * 3, [1, q, q], [1, kv, kv]) for heads, i, o, q, kv in blocks]
    net = module.MViT((32, 32), 4, settings, residual_pool=True, residual_with_cls_embed=False, rel_pos_embed=True,
                      proj_after_attn=True, num_classes=5)
    for name, parameter in net.named_parameters():
        if "rel_pos" in name:
            nn.init.normal_(parameter, 0, .3)
    return net


@module(1, 3, 8, 16, 16)
def swin3d():
    """Windows, shifted ones with a mask, a table of biases, patches merged."""
    from torchvision.models.video.swin_transformer import SwinTransformer3d
    net = SwinTransformer3d([2, 4, 4], 12, [2, 2], [2, 4], [2, 2, 2], num_classes=5)
    for name, parameter in net.named_parameters():
        if "relative_position_bias_table" in name:
            nn.init.normal_(parameter, 0, .5)
    return net


@module(1, 3, 4, 6, 8)
def rolled():
    """Steps rolled around the end: read where they stand then, and rolled back behind what works at each position."""
    def forward(self, x):
        y = self.b(torch.roll(self.a(x), (-1, 2), (2, 4))).permute(0, 2, 3, 4, 1)
        y = torch.roll(nn.functional.gelu(self.c(self.norm(torch.roll(y, (-2, 1), (2, 3))))), (2, -1), (2, 3))
        return self.out(y.permute(0, 4, 1, 2, 3)).mean((2, 3, 4))
    return Calls(forward, a=nn.Conv3d(3, 4, (1, 3, 3)), b=nn.Conv3d(4, 6, (2, 3, 3), padding=(0, 1, 1)), norm=nn.LayerNorm(6), c=nn.Linear(6, 5),
                 out=nn.Conv3d(5, 3, (1, 2, 2)))


def heads_of(x, count):
    return x.unflatten(-1, (count, -1)).transpose(-3, -2)


class RolledWindows(nn.Module):
    """Attention in windows that are rolled along all axes, with a bias by distance."""

    def __init__(self, extents, window, shift, by_distance=True):
        super().__init__()
        self.extents, self.window, self.shift = extents, window, shift
        self.patches = nn.Conv3d(3, 6, 1)
        self.q, self.k, self.v, self.o, self.out = nn.Linear(6, 6), nn.Linear(6, 6, bias=False), nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        places = torch.stack(torch.meshgrid(*(torch.arange(w) for w in window), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None]
        index = torch.zeros_like(apart[0])
        for axis, side in enumerate(window):
            index = index * (2 * side - 1) + apart[axis] + side - 1
        self.bias = nn.Parameter(torch.randn(int(index.max()) + 1, 2)[index].permute(2, 0, 1).contiguous() if by_distance
                                 else torch.randn(2, *apart.shape[1:]))
        around = torch.zeros(extents, dtype=torch.long)
        for axis, (extent, step) in enumerate(zip(extents, shift)):
            shape = [1, 1, 1]
            shape[axis] = extent
            around = around * 2 + (torch.arange(extent) >= extent - step).reshape(shape)
        around = self.cut(around[None, ..., None])[..., 0]
        self.register_buffer("mask", torch.where(around[:, :, None] == around[:, None], 0., -100.)[:, None])

    def cut(self, x):
        (t, h, w), (a, b, c) = self.extents, self.window
        return x.reshape(t // a, a, h // b, b, w // c, c, -1).permute(0, 2, 4, 1, 3, 5, 6).reshape(-1, a * b * c, x.shape[-1])

    def forward(self, x):
        (t, h, w), (a, b, c) = self.extents, self.window
        x = self.patches(x).permute(0, 2, 3, 4, 1)
        y = self.cut(torch.roll(x, [-s for s in self.shift], (1, 2, 3)))
        scores = heads_of(self.q(y), 2) * .7 @ heads_of(self.k(y), 2).transpose(-2, -1)
        y = (scores + self.bias + self.mask).softmax(-1) @ heads_of(self.v(y), 2)
        y = self.o(y.transpose(1, 2).flatten(2)).reshape(1, t // a, h // b, w // c, a, b, c, 6).permute(0, 1, 4, 2, 5, 3, 6, 7)
        return self.out((x + torch.roll(y.reshape(1, t, h, w, 6), self.shift, (1, 2, 3))).mean((1, 2, 3)))


@module(1, 3, 4, 4, 6)
def rolled_windows():
    return RolledWindows((4, 4, 6), (2, 2, 3), (1, 1, 2))


@module(1, 3, 4, 4, 6)
def windows_with_a_bias_of_their_own():
    """No layer of this project's: a bias that is not by distance."""
    return RolledWindows((4, 4, 6), (2, 2, 3), (1, 1, 2), by_distance=False)


@module(1, 3, 2, 4, 4)
def attention_by_einsum():
    """As many positions as numbers of a head, so that nothing but the equations tells them apart."""
    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        q, k, v = (heads_of(one(x), 2) for one in (self.q, self.k, self.v))
        y = torch.einsum("bhij,bhjd->bhid", (torch.einsum("bhid,bhjd->bhij", q, k) * .5).softmax(-1), v)
        return self.out(self.o(y.transpose(1, 2).flatten(2)).mean(1))
    return Calls(forward, patches=nn.Conv3d(3, 16, (1, 2, 2), (1, 2, 2)), q=nn.Linear(16, 16), k=nn.Linear(16, 16), v=nn.Linear(16, 16),
                 o=nn.Linear(16, 16), out=nn.Linear(16, 3))


@module(1, 3, 4, 5, 5)
def tanh_gelu():
    return nn.Sequential(nn.Conv3d(3, 4, 3), nn.GELU("tanh"), nn.Conv3d(4, 4, 1), nn.GELU(), nn.Flatten(), nn.Linear(4 * 2 * 3 * 3, 3))


# Whose scripted form is thousands of operations on shapes, and may be wrong.
EXPORT_ONLY = {"mvit"}


# ---- what PyTorch does not write ----

def weights(name, *shape, scale=0.5):
    return numpy_helper.from_array((np.random.standard_normal(shape) * scale).astype(np.float32), name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, np.int64), name)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, [output], **attributes)


@graph
def automatic_padding():
    nodes = [node("Conv", ["x", "w"], "a", auto_pad="SAME_UPPER", strides=[2, 2, 2]),
             node("Conv", ["a", "v"], "b", auto_pad="SAME_LOWER"),
             node("MaxPool", ["b"], "c", auto_pad="SAME_LOWER", kernel_shape=[2, 2, 2]),
             node("AveragePool", ["c"], "d", auto_pad="SAME_UPPER", kernel_shape=[1, 2, 2], strides=[1, 2, 2]),
             node("Conv", ["d", "u"], "e", auto_pad="VALID"), node("GlobalMaxPool", ["e"], "f"), node("Flatten", ["f"], "y")]
    return nodes, [weights("w", 3, 2, 3, 3, 3), weights("v", 4, 3, 2, 2, 2), weights("u", 2, 4, 1, 1, 1)], (1, 2, 5, 8, 7), 13


@graph
def matrices():
    nodes = [node("Flatten", ["x"], "a"), node("Gemm", ["a", "w", "b"], "c", alpha=.5), node("Max", ["c", "zero"], "d"),
             node("MatMul", ["d", "v"], "e"), node("Add", ["shift", "e"], "f"), node("Mul", ["f", "scale"], "g"),
             node("Sub", ["one", "g"], "h"), node("Neg", ["h"], "i"), node("Div", ["i", "scale"], "y")]
    zero, one = numpy_helper.from_array(np.float32(0), "zero"), numpy_helper.from_array(np.ones(1, np.float32), "one")
    return nodes, [weights("w", 24, 5), weights("b", 1, 5), weights("v", 5, 3), weights("shift", 3), weights("scale", 1, 3), zero, one], \
        (1, 2, 3, 2, 2), 13


@graph
def hard_recurrence():
    lstm = helper.make_node("LSTM", ["s", "w", "r", "b"], ["", "h"], hidden_size=4, direction="reverse",
                            activations=["HardSigmoid", "Tanh", "Tanh"], activation_alpha=[.2], activation_beta=[.5])
    gru = helper.make_node("GRU", ["s", "v", "q", "c"], ["z"], hidden_size=3, direction="bidirectional")
    nodes = [node("Transpose", ["x"], "s", perm=[1, 0, 2]), lstm, gru, node("Squeeze", ["h", "zero"], "k"),
             node("ReduceMean", ["z"], "m", axes=[0], keepdims=0), node("Transpose", ["m"], "n", perm=[1, 0, 2]), node("Reshape", ["n", "to"], "o"),
             node("Concat", ["k", "o"], "y", axis=1)]
    return nodes, [weights("w", 1, 16, 3), weights("r", 1, 16, 4), weights("b", 1, 32), weights("v", 2, 9, 3), weights("q", 2, 9, 3),
                   weights("c", 2, 18), integers("zero", 0), integers("to", 1, 6)], (1, 5, 3), 13


@graph
def typed_weights():
    """Half floats, doubles and values that are not raw."""
    kernel = (np.random.standard_normal((3, 2, 1, 3, 3)) * .5).astype(np.float16)
    bias = helper.make_tensor("b", TensorProto.BFLOAT16, [3], [.5, -.25, 1])
    matrix = helper.make_tensor("m", TensorProto.DOUBLE, [3, 2], np.random.standard_normal(6))
    shift = helper.make_tensor("s", TensorProto.FLOAT16, [2], np.array([.5, -1.5], np.float16))
    nodes = [node("Cast", ["w"], "w32", to=TensorProto.FLOAT), node("Cast", ["b"], "b32", to=TensorProto.FLOAT),
             node("Cast", ["m"], "m32", to=TensorProto.FLOAT), node("Cast", ["s"], "s32", to=TensorProto.FLOAT),
             node("Conv", ["x", "w32", "b32"], "a"), node("GlobalAveragePool", ["a"], "c"), node("Squeeze", ["c", "axes"], "d"),
             node("MatMul", ["d", "m32"], "e"), node("Add", ["e", "s32"], "y")]
    return nodes, [numpy_helper.from_array(kernel, "w"), bias, matrix, shift, integers("axes", 2, 3, 4)], (1, 2, 2, 4, 4), 13


@graph
def shape_arithmetic():
    """A Reshape whose extents are computed from the input's own, in every way that exporters have."""
    nodes = [node("Conv", ["x", "w"], "a"), node("Shape", ["a"], "s"), node("Gather", ["s", "zero"], "n", axis=0),
             node("Slice", ["s", "one", "five", "zero1"], "rest"), node("ReduceProd", ["rest"], "size", keepdims=1),
             node("Unsqueeze", ["n", "zero1"], "n1"), node("Cast", ["size"], "sized", to=TensorProto.INT32),
             node("Cast", ["sized"], "size64", to=TensorProto.INT64), node("Equal", ["size64", "minus"], "eq"),
             node("ConstantOfShape", ["one"], "ones", value=helper.make_tensor("v", TensorProto.INT64, [1], [1])),
             node("Where", ["eq", "ones", "size64"], "chosen"), node("Mul", ["chosen", "ones"], "same"),
             node("Div", ["same", "ones"], "divided"), node("Concat", ["n1", "divided"], "to", axis=0), node("Reshape", ["a", "to"], "b"),
             node("Range", ["zero", "three", "step"], "columns"), node("Gather", ["v", "columns"], "m", axis=1), node("Gemm", ["b", "m"], "y")]
    scalars = [numpy_helper.from_array(np.int64(value), name) for name, value in (("zero", 0), ("three", 3), ("step", 1))]
    return nodes, [weights("w", 2, 2, 1, 1, 1), weights("v", 36, 4), integers("one", 1), integers("five", 5), integers("zero1", 0),
                   integers("minus", -1), *scalars], (1, 2, 2, 3, 3), 13


@graph
def reversed_in_time():
    """Time turned around before and behind a recurrence, height backwards in steps of two, and channels by indices."""
    nodes = [node("Slice", ["x", "last", "least", "time", "back"], "a"), node("Conv", ["a", "w"], "b"),
             node("Slice", ["b", "last", "least", "height", "back2"], "c"), node("Gather", ["c", "channels"], "d", axis=1),
             node("Slice", ["d", "minus2", "zero", "time", "back"], "e"), node("Mul", ["d_part", "e"], "f"),
             node("ReduceMean", ["f"], "g", axes=[3, 4], keepdims=0), node("Transpose", ["g"], "h", perm=[2, 0, 1]),
             node("LSTM", ["h", "lw", "lr"], "i", hidden_size=3), node("Slice", ["i", "last", "least", "zero", "back"], "j"),
             node("Squeeze", ["j", "one"], "k"), node("Transpose", ["k"], "l", perm=[1, 0, 2]), node("Reshape", ["l", "flat"], "y")]
    nodes.insert(5, node("Slice", ["d", "zero", "two", "time"], "d_part"))
    return nodes, [integers("last", -1), integers("least", -2**63 + 1), integers("time", 2), integers("back", -1), weights("w", 3, 2, 2, 1, 1),
                   integers("height", 3), integers("back2", -2), integers("channels", 2, 1, 0), integers("minus2", -2), integers("zero", 0), integers("two", 2),
                   integers("one", 1), weights("lw", 1, 12, 3), weights("lr", 1, 12, 3), integers("flat", 1, 6)], (1, 2, 5, 5, 3), 13


@graph
def parametric_activations():
    """Those with parameters, and those that are options of the layer before or layers of their own."""
    nodes, last = [], "x"
    for i, (op, attributes) in enumerate([("LeakyRelu", {}), ("LeakyRelu", {"alpha": .3}), ("Elu", {}), ("Elu", {"alpha": .5}), ("Selu", {}), ("Mish", {}),
                                          ("Softplus", {}), ("Softsign", {}), ("Exp", {}), ("HardSwish", {}), ("ThresholdedRelu", {"alpha": .2}),
                                          ("Celu", {}), ("HardSigmoid", {"alpha": .25})]):
        nodes += [node("Conv", [last, f"w{i % 3}"], f"c{i}"), node(op, [f"c{i}"], f"a{i}", **attributes), node(op, [f"a{i}"], f"b{i}", **attributes)]
        last = f"b{i}"
    for i, bounds in enumerate((["", "six"], ["zero", "six"], ["minus"], ["minus", "half"], ["zero"])):
        nodes += [node("Conv", [last, f"w{i % 3}"], f"d{i}"), node("Clip", [f"d{i}", *bounds], f"e{i}")]
        last = f"e{i}"
    nodes += [node("PRelu", [last, "slopes"], "p"), node("GlobalAveragePool", ["p"], "m"), node("Flatten", ["m"], "y")]
    numbers = [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("zero", 0), ("six", 6), ("minus", -.4), ("half", .5))]
    return nodes, [*(weights(f"w{i}", 3, 3, 1, 1, 1) for i in range(3)), weights("slopes", 3, 1, 1, 1), *numbers], (1, 3, 2, 3, 4), 18


@graph
def outer_sum():
    """Values that repeat each other along different axes, and constants that repeat them."""
    nodes = [node("ReduceMean", ["x"], "rows", axes=[1, 3, 4], keepdims=1), node("ReduceMean", ["x"], "columns", axes=[1, 2, 4], keepdims=1),
             node("Add", ["rows", "columns"], "sum"), node("Mul", ["sum", "spread"], "scaled"), node("Sub", ["scaled", "places"], "moved"),
             node("Relu", ["moved"], "z"), node("Reshape", ["z", "to"], "flat"), node("MatMul", ["flat", "m"], "y")]
    return nodes, [weights("spread", 2, 1, 1, 1), weights("places", 1, 3, 3, 1), integers("to", 1, 18), weights("m", 18, 2)], (1, 2, 3, 3, 4), 17


@graph
def products():
    """Products of computed values that are no attention: with a constant, with other batches, by Einsum, unscaled."""
    nodes = [node("Reshape", ["x", "to"], "a"), node("MatMul", ["a", "batched"], "b"), node("Transpose", ["b"], "t", perm=[0, 2, 1]),
             node("MatMul", ["b", "t"], "c"), node("Add", ["c", "bias"], "d"), node("Softmax", ["d"], "e", axis=-1),
             node("Einsum", ["e", "b"], "f", equation="nij,njk->nik"), node("Einsum", ["f", "table"], "g", equation="nik,ilk->nil"),
             node("MatMul", ["left", "g"], "h"), node("ReduceMean", ["h"], "m", axes=[1], keepdims=0), node("Reshape", ["m", "flat"], "y")]
    return nodes, [integers("to", 3, 4, 8), integers("flat", 1, 15), weights("batched", 3, 8, 6), weights("bias", 3, 4, 4), weights("table", 4, 5, 6), weights("left", 2, 4)], \
        (1, 2, 3, 4, 4), 17


@graph
def channels_last():
    """As tf2onnx writes Keras' networks: transposed before and after each convolution."""
    nodes = [node("Transpose", ["x"], "a", perm=[0, 4, 1, 2, 3]), node("Conv", ["a", "w", "b"], "c", auto_pad="SAME_UPPER"),
             node("Transpose", ["c"], "d", perm=[0, 2, 3, 4, 1]), node("Relu", ["d"], "e"), node("Transpose", ["e"], "f", perm=[0, 4, 1, 2, 3]),
             node("MaxPool", ["f"], "g", kernel_shape=[2, 2, 2], strides=[2, 2, 2]), node("Transpose", ["g"], "h", perm=[0, 2, 3, 4, 1]),
             node("Mul", ["h", "scale"], "i"), node("Add", ["i", "shift"], "j"), node("Reshape", ["j", "to"], "k"),
             node("MatMul", ["k", "m"], "l"), node("Add", ["l", "bias"], "n"), node("Softmax", ["n"], "y")]
    return nodes, [weights("w", 4, 3, 3, 3, 3), weights("b", 4), weights("scale", 1, 1, 1, 1, 4), weights("shift", 4), integers("to", -1, 48),
                   weights("m", 48, 3), weights("bias", 3)], (1, 4, 5, 6, 3), 13


@graph
def norm_and_gelu_in_parts():
    """As exporters write them before opsets 17 and 20, with powers as Pow and as products."""
    def number(name, value):
        return numpy_helper.from_array(np.array(value, np.float32), name)

    def norm(x, y, squares):
        return [node("ReduceMean", [x], y + "m", axes=[-1]), node("Sub", [x, y + "m"], y + "d"), squares(y + "d", y + "s"),
                node("ReduceMean", [y + "s"], y + "v", axes=[-1]), node("Add", [y + "v", "epsilon"], y + "e"), node("Sqrt", [y + "e"], y + "r"),
                node("Div", [y + "d", y + "r"], y + "n"), node("Mul", [y + "n", "gamma"], y + "g"), node("Add", [y + "g", "beta"], y)]

    def gelu(x, y, cubes):
        return [*cubes(x, y + "c"), node("Mul", [y + "c", "little"], y + "l"), node("Add", [x, y + "l"], y + "a"),
                node("Mul", [y + "a", "root"], y + "i"), node("Tanh", [y + "i"], y + "t"), node("Add", [y + "t", "one"], y + "o"),
                node("Mul", [x, "half"], y + "h"), node("Mul", [y + "h", y + "o"], y)]

    nodes = [node("Transpose", ["x"], "p", perm=[0, 2, 3, 4, 1]), node("MatMul", ["p", "m"], "q"),
             *norm("q", "r", lambda d, s: node("Pow", [d, "two"], s)), *gelu("r", "u", lambda x, c: [node("Pow", [x, "three"], c)]),
             node("MatMul", ["u", "m2"], "w"), *norm("w", "z", lambda d, s: node("Mul", [d, d], s)),
             *gelu("z", "last", lambda x, c: [node("Mul", [x, x], c + "2"), node("Mul", [c + "2", x], c)]),
             node("Transpose", ["last"], "y", perm=[0, 4, 1, 2, 3])]
    return nodes, [weights("m", 3, 4), weights("m2", 4, 4), weights("gamma", 4), weights("beta", 4), number("epsilon", 1e-5), number("two", 2),
                   number("three", 3), number("little", .044715), number("root", .7978845608), number("one", 1), number("half", .5)], (1, 3, 2, 3, 4), 13


# ---- writing ----

def to_ncthw(name, x):
    if name == "channels_last":
        return x.transpose(0, 4, 1, 2, 3)
    if name == "steps":                          # N x C x T
        return x[:, :, :, None, None]
    if x.ndim == 3:                              # N x T x C
        return x.transpose(0, 2, 1)[..., None, None]
    return x if x.ndim == 5 else x[:, :, None]


def keep(name, write, x):
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "network.onnx"
    write(file)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    y = session.run(None, {session.get_inputs()[0].name: x})[0]
    np.save(folder / "input.npy", np.ascontiguousarray(to_ncthw(name.removesuffix("_export"), x)))
    np.save(folder / "output.npy", to_ncthw("", y) if y.ndim == 3 else y)
    print(name, x.shape, y.shape, file.stat().st_size)


def without_metadata(file):
    """Stack traces and paths of the machine that wrote it are left out; the modules' names stay."""
    model = onnx.load(file)
    for one in model.graph.node:
        kept = [entry for entry in one.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del one.metadata_props[:]
        one.metadata_props.extend(kept)
        one.doc_string = ""
    del model.metadata_props[:]
    for value in list(model.graph.value_info) + list(model.graph.input) + list(model.graph.output) + list(model.graph.initializer):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    onnx.save(model, file)


def export(name):
    make, shape = MODULES[name]
    torch.manual_seed(sum(map(ord, name)))
    net = make()
    for inside in net.modules():
        if hasattr(inside, "running_mean") and inside.running_mean is not None:
            inside.running_mean.normal_(0, .3)
            inside.running_var.uniform_(.5, 2)
            inside.weight.data.uniform_(.5, 1.5)
            inside.bias.data.normal_(0, .3)
    net.eval()
    x = torch.randn(shape)

    def scripted(file):
        torch.onnx.export(net, (x,), file, opset_version=17, dynamo=False, input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": {0: "batch"}} if name in ("frames_then_lstm", "convolutions") else None)

    def exported(file):
        torch.onnx.export(net, (x,), file, opset_version=18, dynamo=True, input_names=["x"], output_names=["y"], external_data=False)
        without_metadata(file)

    if name not in EXPORT_ONLY:
        keep(name, scripted, x.numpy())
    keep(name + "_export", exported, x.numpy())


def build(name):
    np.random.seed(sum(map(ord, name)))
    nodes, constants, shape, opset = GRAPHS[name]()
    made = helper.make_graph(nodes, name, [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                             [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    keep(name, lambda file: onnx.save(model, file), np.random.standard_normal(shape).astype(np.float32))


def large(folder):
    """Networks of full size, for $ACTIONFLOW_TEST_DATA/onnx; too large to keep."""
    global FOLDER
    from pytorchvideo.models import hub
    from torchvision.models import resnet18, video
    FOLDER = Path(folder)
    frame = resnet18()
    frame.fc = nn.Identity()
    lrcn = Calls(lambda self, x: self.head(self.lstm(self.frame(x.transpose(1, 2).flatten(0, 1)).unflatten(0, (1, 16)))[0][:, -1]),
                 frame=frame, lstm=nn.LSTM(512, 256, batch_first=True), head=nn.Linear(256, 101))
    slowfast = Calls(lambda self, x: self.net([x[:, :, ::4], x]), net=hub.slowfast_r50(pretrained=False))
    for name, net, shape in (("r3d_18", video.r3d_18(), (16, 112)), ("mc3_18", video.mc3_18(), (16, 112)),
                             ("r2plus1d_18", video.r2plus1d_18(), (16, 112)), ("s3d", video.s3d(), (16, 224)),
                             ("lrcn_r18", lrcn, (16, 112)), ("slowfast_r50", slowfast, (32, 224))):
        MODULES[name] = (lambda net=net: net, (1, 3, shape[0], shape[1], shape[1]))
        export(name)


if sys.argv[1:2] == ["--large"]:
    large(sys.argv[2])
    sys.exit()
for wanted in sys.argv[1:] or [*MODULES, *GRAPHS]:
    export(wanted) if wanted in MODULES else build(wanted)
