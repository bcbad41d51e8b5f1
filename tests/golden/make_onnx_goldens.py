#!/usr/bin/env python3
"""Turns ONNX's backend conformance cases into the project's form (golden_case.py), under onnx/.

    make_onnx_goldens.py FOLDER     where FOLDER holds test_Conv3d/model.onnx and so on

Needs numpy, onnx and safetensors. The cases are ONNX's (github.com/onnx/onnx, Apache-2.0). What the project
has no layer for (transposed convolutions, gated linear units) is left out.
"""

import sys
from pathlib import Path

import numpy
import onnx
from onnx import numpy_helper

from golden_case import clear, write_case

HERE = Path(__file__).resolve().parent


def per_axis(values):
    return "[" + ", ".join(str(value) for value in values) + "]"


def padding(pads):
    axes = len(pads) // 2
    return "[" + ", ".join(f"[{pads[i]}, {pads[i + axes]}]" for i in range(axes)) + "]"


def to_five(array, picture=False):
    """N x C (x T) x H x W. What has no such axes lies along the width, so that flattening restores it."""
    if array.ndim == 5:
        return array
    if array.ndim == 4:
        return array[:, :, None]
    if array.ndim == 3:
        return array[:, None, None]
    return array[:, None, None, None] if picture else array[:, :, None, None, None]


def kernel_to_five(kernel):
    return kernel if kernel.ndim == 5 else kernel[:, :, None]


def convolution(attributes, weights):
    axes = len(attributes["kernel_shape"])
    kernel = weights[0]
    layer = (f"{{layer: conv{axes}d, name: layer, filters: {kernel.shape[0]}, "
             f"kernel: {per_axis(attributes['kernel_shape'])}, stride: {per_axis(attributes['strides'])}, "
             f"padding: {padding(attributes['pads'])}, dilation: {per_axis(attributes['dilations'])}, "
             f"groups: {attributes['group']}, bias: {str(len(weights) > 1).lower()}}}")
    named = {"layer.kernel": kernel_to_five(kernel)}
    if len(weights) > 1:
        named["layer.bias"] = weights[1]
    return [layer], named


def pooling(kind):
    def make(attributes, _):
        axes = len(attributes["kernel_shape"])
        return [f"{{layer: {kind}{axes}d, size: {per_axis(attributes['kernel_shape'])}, "
                f"stride: {per_axis(attributes['strides'])}, padding: {padding(attributes['pads'])}}}"], {}
    return make


def batch_norm(attributes, weights):
    names = ("gamma", "beta", "moving_mean", "moving_variance")
    return ([f"{{layer: batch_norm, name: layer, epsilon: {attributes['epsilon']:.9g}}}"],
            {"layer." + name: weight for name, weight in zip(names, weights)})


def prelu(_, weights):
    shared = str(weights[0].size == 1).lower()
    return [f"{{layer: prelu, name: layer, shared: {shared}}}"], {"layer.alpha": weights[0].reshape(-1)}


def leaky_relu(attributes, _):
    return ["{layer: prelu, name: layer, shared: true}"], {"layer.alpha": numpy.array([attributes["alpha"]])}


def dense(_, weights):
    named = {"layer.kernel": weights[0]}
    if len(weights) > 1:
        named["layer.bias"] = weights[1]
    return ["{layer: flatten}", f"{{layer: dense, name: layer, units: {weights[0].shape[0]}, "
            f"bias: {str(len(weights) > 1).lower()}}}"], named


def plain(name):
    return lambda *_: ([f"{{layer: {name}}}"], {})


KINDS = {
    "Conv": convolution, "AveragePool": pooling("average_pool"), "MaxPool": pooling("max_pool"),
    "BatchNormalization": batch_norm, "PRelu": prelu, "LeakyRelu": leaky_relu, "Gemm": dense,
    "MatMul": dense, "Relu": plain("relu"), "Sigmoid": plain("sigmoid"), "Tanh": plain("tanh"),
    "Softmax": lambda *_: (["{layer: flatten}", "{layer: softmax}"], {}),
}


def make(case: Path, target: Path):
    graph = onnx.load(case / "model.onnx").graph
    node = graph.node[-1]
    if node.op_type not in KINDS or any(n.op_type == "Split" for n in graph.node):
        return False
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    weights = [numpy_helper.to_array(i) for i in sorted(graph.initializer, key=lambda i: int(i.name))]
    layers, named = KINDS[node.op_type](attributes, weights)
    given, expected = (numpy_helper.to_array(onnx.load_tensor(case / "test_data_set_0" / name))
                       for name in ("input_0.pb", "output_0.pb"))
    write_case(target, Path(__file__).name, f"ONNX's {case.name}", layers, named,
               to_five(given, picture=True), to_five(expected))
    return True


def main():
    folder = Path(sys.argv[1])
    clear(HERE / "onnx")
    for case in sorted(folder.glob("test_*")):
        made = make(case, HERE / "onnx" / case.name.removeprefix("test_").lower())
        print(("made " if made else "left ") + case.name)


if __name__ == "__main__":
    main()
