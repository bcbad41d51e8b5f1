#!/usr/bin/env python3
"""Makes a golden case (golden_case.py) for every layer with Keras 2, and PyTorch where Keras has none, under
operations/.

Needs numpy, safetensors, tf_keras with tensorflow, and torch. Weights and inputs are random and fixed by the
seed.
"""

import zlib
from pathlib import Path

import numpy
import tf_keras
import torch
from tf_keras import layers

from golden_case import clear, write_case

HERE = Path(__file__).resolve().parent


def to_keras(array):
    return array.transpose(0, 2, 3, 4, 1)


def from_keras(array):
    """N x T x H x W x C, N x steps x C or N x C, to N x C x T x H x W."""
    if array.ndim == 2:
        return array[:, :, None, None, None]
    if array.ndim == 3:
        return array.transpose(0, 2, 1)[:, :, :, None, None]
    if array.ndim == 4:
        return array.transpose(0, 3, 1, 2)[:, :, None]
    return array.transpose(0, 4, 1, 2, 3)


def generator(name):
    return numpy.random.default_rng(zlib.crc32(name.encode()))


def random_input(name, shape):
    return generator(name).standard_normal(shape, numpy.float32)


def randomise(model, name):
    """Weights with every role at work: biases and statistics that differ from their initial values."""
    random = generator(name + " weights")
    values = []
    for weight in model.weights:
        if "variance" in weight.name or "gamma" in weight.name:
            values.append(random.uniform(0.5, 2, weight.shape))
        else:
            values.append(random.standard_normal(weight.shape) * 0.4)
    model.set_weights(values)


def by_role(prefix, layer):
    """A Keras layer's weights by the project's roles and axis orders."""
    named = {}
    for weight in layer.weights:
        role = weight.name.split("/")[-1].split(":")[0]
        value = weight.numpy()
        if role == "kernel" and value.ndim == 5:
            value = value.transpose(4, 3, 0, 1, 2)
        elif role == "kernel" and value.ndim == 4:
            value = value.transpose(3, 2, 0, 1)[:, :, None]
        elif role in ("kernel", "recurrent_kernel"):
            value = value.T
        named[f"{prefix}.{role}"] = value
    return named


def keras_case(name, shape, lines, build, weights_of=None):
    """`build` makes a Keras tensor of one; the layer called `layer` holds the weights."""
    entry = layers.Input((shape[2], shape[3], shape[4], shape[1]))
    model = tf_keras.Model(entry, build(entry))
    randomise(model, name)
    given = random_input(name, shape)
    named = {}
    for layer in model.layers:
        if not layer.weights:
            continue
        if isinstance(layer, layers.Bidirectional):
            named |= by_role(layer.name + ".forward", layer.forward_layer)
            named |= by_role(layer.name + ".backward", layer.backward_layer)
        else:
            named |= by_role(layer.name, layer)
    write_case(HERE / "operations" / name, Path(__file__).name, f"Keras {tf_keras.__version__}", lines, named,
               given, from_keras(model(to_keras(given)).numpy()))


def torch_case(name, shape, lines, function, weights=None):
    given = random_input(name, shape)
    with torch.no_grad():
        expected = function(torch.from_numpy(given), {k: torch.from_numpy(v) for k, v in (weights or {}).items()})
    write_case(HERE / "operations" / name, Path(__file__).name, f"PyTorch {torch.__version__.split('+')[0]}",
               lines, weights or {}, given, expected.numpy())


def random_weight(name, *shape):
    return generator(name).standard_normal(shape, numpy.float32) * numpy.float32(0.4)


def convolutions():
    for name, options, keras in (
        ("conv3d_same_stride", "kernel: 3, stride: 2, padding: same", dict(strides=2, padding="same")),
        ("conv3d_valid", "kernel: 3", dict()),
        ("conv3d_same_dilated", "kernel: 3, dilation: 2, padding: same", dict(dilation_rate=2, padding="same")),
    ):
        keras_case(name, (2, 3, 6, 7, 8),
                   [f"{{layer: conv3d, name: layer, filters: 5, {options}, activation: relu}}"],
                   lambda x, k=keras: layers.Conv3D(5, 3, activation="relu", name="layer", **k)(x))
    keras_case("conv3d_same_even", (1, 3, 5, 6, 7),
               ["{layer: conv3d, name: layer, filters: 4, kernel: [2, 4, 3], padding: same, bias: false}"],
               lambda x: layers.Conv3D(4, (2, 4, 3), padding="same", use_bias=False, name="layer")(x))
    keras_case("conv2d_per_sample", (2, 3, 4, 6, 7),
               ["{layer: conv2d, name: layer, filters: 4, kernel: 3, stride: 2, padding: same}"],
               lambda x: layers.TimeDistributed(
                   layers.Conv2D(4, 3, strides=2, padding="same"), name="layer")(x))
    weights = {"layer.kernel": random_weight("causal", 4, 3, 3, 3, 3), "layer.bias": random_weight("causal", 4)}
    torch_case("conv3d_causal", (2, 3, 5, 6, 6),
               ["{layer: conv3d, name: layer, filters: 4, kernel: 3, padding: causal}"],
               lambda x, w: torch.nn.functional.conv3d(
                   torch.nn.functional.pad(x, (1, 1, 1, 1, 2, 0)), w["layer.kernel"], w["layer.bias"]), weights)
    weights = {"layer.kernel": random_weight("depthwise", 6, 1, 3, 3, 3)}
    torch_case("conv3d_depthwise", (2, 3, 5, 6, 7),
               ["{layer: conv3d, name: layer, filters: 6, kernel: 3, stride: [1, 2, 2], padding: 1, groups: 3, "
                "bias: false}"],
               lambda x, w: torch.nn.functional.conv3d(x, w["layer.kernel"], stride=(1, 2, 2), padding=1,
                                                       groups=3), weights)
    keras_case("time_projection", (2, 3, 4, 5, 6), ["{layer: time_projection, name: layer, filters: 4}"],
               lambda x: layers.Conv3D(4, (4, 1, 1), name="layer")(x))


def poolings():
    shape = (2, 3, 5, 6, 7)
    for kind, keras in (("max", layers.MaxPooling3D), ("average", layers.AveragePooling3D)):
        keras_case(f"{kind}_pool3d_same", shape, [f"{{layer: {kind}_pool3d, size: 3, stride: 2, padding: same}}"],
                   lambda x, k=keras: k(3, strides=2, padding="same")(x))
        keras_case(f"{kind}_pool3d_valid", shape, [f"{{layer: {kind}_pool3d, size: [1, 2, 3]}}"],
                   lambda x, k=keras: k((1, 2, 3))(x))
    torch_case("average_pool3d_counting_padding", shape,
               ["{layer: average_pool3d, size: 3, stride: 2, padding: 1, count_padding: true}"],
               lambda x, _: torch.nn.functional.avg_pool3d(x, 3, 2, 1))
    keras_case("global_average_pool", shape, ["{layer: global_average_pool}"],
               lambda x: layers.GlobalAveragePooling3D()(x))
    keras_case("global_max_pool", shape, ["{layer: global_max_pool}"], lambda x: layers.GlobalMaxPooling3D()(x))
    keras_case("global_average_pool_space", shape, ["{layer: global_average_pool, over: space}"],
               lambda x: layers.TimeDistributed(layers.GlobalAveragePooling2D())(x))
    torch_case("max_over_time", shape, ["{layer: max_over_time}"], lambda x, _: x.amax(2, keepdim=True))
    torch_case("mean_over_time", shape, ["{layer: mean_over_time}"], lambda x, _: x.mean(2, keepdim=True))
    torch_case("max_pool3d_ceil", (2, 3, 4, 8, 9), ["{layer: max_pool3d, size: 3, stride: 2, ceil: true}"],
               lambda x, _: torch.nn.functional.max_pool3d(x, 3, 2, ceil_mode=True))
    torch_case("average_pool3d_ceil", (2, 3, 4, 8, 9),
               ["{layer: average_pool3d, size: 3, stride: 2, padding: 1, ceil: true}"],
               lambda x, _: torch.nn.functional.avg_pool3d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False))
    torch_case("select_frames", (2, 3, 9, 4, 5), ["{layer: select_frames, count: 4}"],
               lambda x, _: torch.index_select(x, 2, torch.linspace(0, 8, 4).long()))
    torch_case("cumulative_average", shape, ["{layer: cumulative_average}"],
               lambda x, _: x.cumsum(2) / torch.arange(1, 6).view(1, 1, 5, 1, 1))
    torch_case("select_frame", shape, ["{layer: select_frame, frame: -2}"], lambda x, _: x[:, :, -2:-1])


def pointwise():
    shape = (2, 3, 4, 5, 6)
    keras_case("batch_norm", shape, ["{layer: batch_norm, name: layer}"],
               lambda x: layers.BatchNormalization(name="layer")(x))
    keras_case("batch_norm_plain", shape, ["{layer: batch_norm, name: layer, scale: false, shift: false}"],
               lambda x: layers.BatchNormalization(name="layer", scale=False, center=False)(x))
    for kind, function in (("relu", "relu"), ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("softmax", "softmax"),
                           ("hard_sigmoid", "hard_sigmoid"), ("silu", "swish")):
        keras_case(kind, shape, [f"{{layer: {kind}}}"], lambda x, f=function: layers.Activation(f)(x * 3))
        multiply_input(kind)
    torch_case("hard_swish", shape, ["{layer: hard_swish}"], lambda x, _: torch.nn.functional.hardswish(x))
    torch_case("hard_sigmoid_sixth", shape, ["{layer: hard_sigmoid, slope: 0.16666667}"],
               lambda x, _: torch.nn.functional.hardsigmoid(x))
    torch_case("prelu", shape, ["{layer: prelu, name: layer}"],
               lambda x, w: torch.nn.functional.prelu(x, w["layer.alpha"]),
               {"layer.alpha": random_weight("prelu", 3)})
    keras_case("dropout", shape, ["{layer: dropout, rate: 0.5}"], lambda x: layers.Dropout(0.5)(x))
    keras_case("dense_each_position", shape, ["{layer: dense, name: layer, units: 7, activation: softmax}"],
               lambda x: layers.Dense(7, activation="softmax", name="layer")(x))
    keras_case("flatten_dense", shape, ["{layer: flatten}", "{layer: dense, name: layer, units: 7}"],
               lambda x: layers.Dense(7, name="layer")(layers.Flatten()(x)))


def multiply_input(name):
    """The input scaled by 3, as the case's function saw it: values beyond the knees of hard functions."""
    path = HERE / "operations" / name / "input.npy"
    numpy.save(path, numpy.load(path) * 3)


def shapes_and_joins():
    shape = (2, 3, 4, 5, 6)
    keras_case("reshape", shape, ["{layer: reshape, time: 2, height: 5, width: 3, channels: -1}"],
               lambda x: layers.Reshape((2, 5, 3, 12))(x))
    keras_case("permute", shape, ["{layer: permute, order: [h, t, c, w]}"],
               lambda x: layers.Permute((2, 1, 4, 3))(x))
    keras_case("permute_turning", shape, ["{layer: permute, order: [c, t, h, w]}"],
               lambda x: layers.Permute((4, 1, 2, 3))(x))
    branch = ["{layer: conv3d, name: a, filters: 4, kernel: 3, padding: same}",
              "{layer: conv3d, name: b, from: input, filters: 4, kernel: 1}"]

    def branches(x):
        return [layers.Conv3D(4, 3, padding="same", name="a")(x), layers.Conv3D(4, 1, name="b")(x)]

    for kind, keras in (("concat", layers.Concatenate), ("add", layers.Add), ("multiply", layers.Multiply),
                        ("maximum", layers.Maximum), ("average", layers.Average)):
        keras_case(kind, shape, branch + [f"{{layer: {kind}, from: [a, b]}}"],
                   lambda x, k=keras: k()(branches(x)))
    gate = ["{layer: conv3d, name: a, filters: 4, kernel: 3, padding: same}", "{layer: global_average_pool}",
            "{layer: dense, name: gate, units: 4, activation: sigmoid}", "{layer: multiply, from: [a, gate]}"]

    def gated(x):
        a = layers.Conv3D(4, 3, padding="same", name="a")(x)
        pooled = layers.GlobalAveragePooling3D(keepdims=True)(a)
        return layers.Multiply()([a, layers.Dense(4, activation="sigmoid", name="gate")(pooled)])

    keras_case("multiply_by_gate", shape, gate, gated)


def recurrents():
    shape = (2, 3, 5, 2, 3)
    lines = ["{layer: flatten, keep_time: true}"]

    def sequence(x):
        return layers.Reshape((5, 18))(x)

    for name, options, layer in (
        ("lstm", "lstm, units: 6", lambda **k: layers.LSTM(6, **k)),
        ("lstm_sequence", "lstm, units: 6, sequence: true",
         lambda **k: layers.LSTM(6, return_sequences=True, **k)),
        ("lstm_hard", "lstm, units: 6, recurrent_activation: hard_sigmoid, activation: relu",
         lambda **k: layers.LSTM(6, recurrent_activation="hard_sigmoid", activation="relu", **k)),
        ("lstm_no_bias", "lstm, units: 6, bias: false", lambda **k: layers.LSTM(6, use_bias=False, **k)),
        ("gru", "gru, units: 6", lambda **k: layers.GRU(6, **k)),
        ("gru_sequence", "gru, units: 6, sequence: true",
         lambda **k: layers.GRU(6, return_sequences=True, **k)),
        ("gru_reset_before", "gru, units: 6, reset_after: false",
         lambda **k: layers.GRU(6, reset_after=False, **k)),
        ("gru_hard", "gru, units: 6, recurrent_activation: hard_sigmoid",
         lambda **k: layers.GRU(6, recurrent_activation="hard_sigmoid", **k)),
        ("gru_no_bias", "gru, units: 6, bias: false", lambda **k: layers.GRU(6, use_bias=False, **k)),
    ):
        keras_case(name, shape, lines + [f"{{layer: {options.replace(',', ', name: layer,', 1)}}}"],
                   lambda x, l=layer: l(name="layer")(sequence(x)))
    # Keras gives a backward layer's sequence in the order it ran; the project in the input's.
    keras_case("lstm_backward_sequence", shape,
               lines + ["{layer: lstm, name: layer, units: 6, sequence: true, backward: true}"],
               lambda x: layers.LSTM(6, return_sequences=True, go_backwards=True, name="layer")(
                   sequence(x))[:, ::-1])
    merges = (("concat", "concat"), ("sum", "sum"), ("mean", "ave"), ("multiply", "mul"))
    for merge, keras in merges:
        keras_case(f"bidirectional_{merge}", shape,
                   lines + [f"{{layer: bidirectional, name: layer, units: 4, merge: {merge}}}"],
                   lambda x, k=keras: layers.Bidirectional(layers.LSTM(4), merge_mode=k, name="layer")(sequence(x)))
    keras_case("bidirectional_gru_sequence", shape,
               lines + ["{layer: bidirectional, name: layer, cell: gru, units: 4, sequence: true}"],
               lambda x: layers.Bidirectional(layers.GRU(4, return_sequences=True), name="layer")(sequence(x)))


def main():
    clear(HERE / "operations")
    for group in convolutions, poolings, pointwise, shapes_and_joins, recurrents:
        group()
    print(len(list((HERE / "operations").iterdir())), "cases")


if __name__ == "__main__":
    main()
