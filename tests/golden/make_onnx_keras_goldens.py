#!/usr/bin/env python3
"""Makes tests/golden/onnx_networks/keras_NAME: networks of tests/golden/keras as tf2onnx writes them, with Keras'
own outputs.

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

for name in sys.argv[1:] or NAMES:
    source, folder = GOLDEN / "keras" / name, GOLDEN / "onnx_networks" / f"keras_{name}"
    network = tf_keras.models.load_model(next(source.glob("keras.*")), compile=False)
    signature = [tf.TensorSpec([None, *network.inputs[0].shape[1:]], tf.float32)]
    model, _ = tf2onnx.convert.from_keras(network, input_signature=signature, opset=17)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    onnx.save(model, folder / "network.onnx")
    for array in "input", "output":
        np.save(folder / f"{array}.npy", np.load(source / f"{array}.npy")[:1].astype(np.float32))
    print(name, sorted({node.op_type for node in model.graph.node}))
