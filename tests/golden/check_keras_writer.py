#!/usr/bin/env python3
"""Keras loads what actionflow writes: keras_written/model.yaml with formula weights (training_formulas.py), written as
network.keras and as .weights.h5, gives in Keras 3 what is then kept as output.npy.

    check_keras_writer.py build/actionflow

Needs numpy, safetensors and keras with a backend.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy
from safetensors.numpy import save_file

from training_formulas import name_stream, noise_of_shape

FOLDER = Path(__file__).resolve().parent / "keras_written"


# Of model.yaml.
PARAMETERS = {
    "stem.kernel": (4, 3, 3, 3, 3),
    **{f"stem/norm.{role}": (4,) for role in ("gamma", "beta", "moving_mean", "moving_variance")},
    "left.kernel": (6, 4, 1, 3, 3), "left.bias": (6,), "right.kernel": (6, 2, 3, 3, 3), "right.bias": (6,),
    "slope.alpha": (6,), "gate.kernel": (6, 6), "gate.bias": (6,),
    "forward.kernel": (20, 108), "forward.recurrent_kernel": (20, 5), "forward.bias": (20,),
    "back.kernel": (12, 5), "back.recurrent_kernel": (12, 4), "back.bias": (2, 12),
    "scores.kernel": (4, 4), "scores.bias": (4,),
}


def parameter(name, shape):
    values = noise_of_shape(shape, name_stream(name), 0.4)
    return values + numpy.float32(1) if name.endswith(".moving_variance") else values


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as scratch:
        ours = Path(scratch) / "ours.safetensors"
        save_file({name: parameter(name, shape) for name, shape in PARAMETERS.items()}, ours)
        for name in "network.keras", "network.weights.h5":
            subprocess.run([program, "convert", ours, Path(scratch) / name, "--model", FOLDER / "model.yaml"], check=True)
        (FOLDER / "network.keras").write_bytes((Path(scratch) / "network.keras").read_bytes())
        network = keras.saving.load_model(FOLDER / "network.keras")
        clip = noise_of_shape((1, 3, 6, 9, 9), name_stream("input")).transpose(0, 2, 3, 4, 1)
        scores = numpy.asarray(network(clip)).reshape(-1)
        alone = keras.models.clone_model(network)
        alone.load_weights(Path(scratch) / "network.weights.h5")
        numpy.testing.assert_array_equal(scores, numpy.asarray(alone(clip)).reshape(-1))
    numpy.save(FOLDER / "output.npy", scores)
    print("Keras", keras.__version__, "says", scores)


if __name__ == "__main__":
    main()
