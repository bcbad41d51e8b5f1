#!/usr/bin/env python3
"""Makes tests/golden/onnx_networks/keras_NAME: networks of tests/golden/keras, and others that are made here, as
tf2onnx writes them, with Keras' own outputs.

    python3 -m venv v && v/bin/pip install tensorflow-cpu tf_keras tf2onnx onnx
    v/bin/python tests/golden/make_onnx_keras_goldens.py [NAME...]
"""
import os
import shutil
import sys
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
import tf_keras

GOLDEN = Path(__file__).resolve().parent
NAMES = ["conv3d_strided", "conv_1d", "gru_reset_after", "joins", "lstm_hard_sigmoid_sequence",
         "time_distributed"]

L = tf_keras.layers


def gated_and_normalised(x):
    """A gate by the mean of all, a dilated convolution, a layer norm."""
    y = L.Conv3D(6, 3, padding="same", strides=(1, 2, 2), use_bias=False)(x)
    y = L.Activation("swish")(L.BatchNormalization()(y))
    gate = L.Conv3D(2, 1, activation="relu")(L.GlobalAveragePooling3D(keepdims=True)(y))
    y = L.Multiply()([y, L.Conv3D(6, 1, activation="sigmoid")(gate)])
    y = L.LayerNormalization()(L.Conv3D(6, 3, padding="same", dilation_rate=(1, 2, 2))(y))
    return L.Dense(3, activation="softmax")(L.Flatten()(L.AveragePooling3D(2, padding="same")(y)))


def frames_then_both_ways(x):
    """A network on each frame, then LSTMs along them, the first both ways."""
    y = L.TimeDistributed(L.MaxPooling2D())(L.TimeDistributed(L.Conv2D(4, 3, activation="relu"))(x))
    y = L.Bidirectional(L.LSTM(5, return_sequences=True))(L.TimeDistributed(L.Flatten())(y))
    return L.Dense(3, activation="softmax")(L.LSTM(4)(y))


MADE = {"gated_and_normalised": (gated_and_normalised, (4, 8, 8, 3)),
        "frames_then_both_ways": (frames_then_both_ways, (4, 8, 8, 3))}


def randomised(network, name):
    numbers = np.random.default_rng(sum(map(ord, name)))
    for weight in network.weights:
        values = numbers.uniform(.5, 2, weight.shape) if "variance" in weight.name else numbers.standard_normal(weight.shape) * .4
        weight.assign(values.astype(np.float32))
    return network


def made(name):
    """The network, an input as Keras has it, and its output."""
    build, shape = MADE[name]
    x = L.Input(shape)
    network = randomised(tf_keras.Model(x, build(x)), name)
    given = np.random.default_rng(1).standard_normal((1, *shape)).astype(np.float32)
    return network, given.transpose(0, 4, 1, 2, 3), network(given).numpy()


def kept(name):
    """The same of one in tests/golden/keras."""
    source = GOLDEN / "keras" / name
    network = tf_keras.models.load_model(next(source.glob("keras.*")), compile=False)
    return network, *(np.load(source / f"{array}.npy")[:1].astype(np.float32) for array in ("input", "output"))


for name in sys.argv[1:] or [*NAMES, *MADE]:
    network, *arrays = made(name) if name in MADE else kept(name)
    signature = [tf.TensorSpec([None, *network.inputs[0].shape[1:]], tf.float32)]
    model, _ = tf2onnx.convert.from_keras(network, input_signature=signature, opset=17)
    folder = GOLDEN / "onnx_networks" / f"keras_{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    onnx.save(model, folder / "network.onnx")
    for array, values in zip(("input", "output"), arrays):
        np.save(folder / f"{array}.npy", np.ascontiguousarray(values))
    print(name, sorted({node.op_type for node in model.graph.node}))
