#!/usr/bin/env python3
"""Keras loads what actionflow writes. keras_written/model.yaml with formula weights (training_formulas.py), written as
network.keras and as .weights.h5, gives in Keras 3 what is then kept as output.npy; and the golden networks of layers,
Keras, ONNX and transformers, written as .keras, give in Keras what stands in their folders. What Keras has no layer
for is listed.

    check_keras_writer.py build/actionflow [NAME…]

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

GOLDEN = Path(__file__).resolve().parent
FOLDER = GOLDEN / "keras_written"


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


def one_of_each(program):
    with tempfile.TemporaryDirectory() as scratch:
        ours = Path(scratch) / "ours.safetensors"
        save_file({name: parameter(name, shape) for name, shape in PARAMETERS.items()}, ours)
        for name in "network.keras", "network.weights.h5":
            subprocess.run([program, "convert", ours, Path(scratch) / name, "--model", FOLDER / "model.yaml"], check=True)
        (FOLDER / "network.keras").write_bytes((Path(scratch) / "network.keras").read_bytes())
        network = keras.saving.load_model(FOLDER / "network.keras")
        clip = noise_of_shape((1, 3, 6, 9, 9), name_stream("input")).transpose(0, 2, 3, 4, 1)
        scores = keras.ops.convert_to_numpy(network(clip)).reshape(-1)
        alone = keras.models.clone_model(network)
        alone.load_weights(Path(scratch) / "network.weights.h5")
        numpy.testing.assert_array_equal(scores, keras.ops.convert_to_numpy(alone(clip)).reshape(-1))
    numpy.save(FOLDER / "output.npy", scores)
    print("Keras", keras.__version__, "says", scores)


def golden_networks(wanted):
    """(name, weights, arguments for a model file)"""
    for group in "operations", "onnx", "transformers", "keras", "keras_versions", "onnx_networks":
        for folder in sorted((GOLDEN / group).iterdir()):
            if not folder.is_dir() or (wanted and folder.name not in wanted):
                continue
            described = folder / "model.yaml"
            model = ["--model", described] if described.exists() else []
            for file in [*folder.glob("weights.safetensors"), *folder.glob("keras.*"), *folder.glob("network.onnx")]:
                yield folder, file, model


def in_our_axes(values):
    """(N, C) or N×T×H×W×C, in Keras, as N×C×T×H×W."""
    return values if values.ndim == 2 else values.transpose(0, 4, 1, 2, 3)


def check(program, wanted):
    count = wrong = 0
    worst, refused = 0.0, []
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "written.keras"
        for folder, file, model in golden_networks(wanted):
            written.unlink(missing_ok=True)
            written.with_suffix(".yaml").unlink(missing_ok=True)
            done = subprocess.run([program, "convert", file, written, *model], capture_output=True, text=True)
            if done.returncode != 0:
                refused.append(f"{folder.name}: {done.stderr.strip()}")
                continue
            try:
                network = keras.saving.load_model(written)
            except Exception as error:
                wrong += 1
                print(f"{folder.name}: Keras says {str(error)[-300:]}")
                continue
            clip = numpy.load(folder / "input.npy").astype(numpy.float32).reshape(
                -1, *(network.input_shape[axis] for axis in (4, 1, 2, 3)))
            result = in_our_axes(keras.ops.convert_to_numpy(network(clip.transpose(0, 2, 3, 4, 1), training=False)))
            expected = numpy.load(folder / "output.npy")
            relative = numpy.abs(result.reshape(-1) - expected.reshape(-1)).max() / max(numpy.abs(expected).max(), 1e-30)
            worst, count = max(worst, relative), count + 1
            if relative > 1e-4:
                wrong += 1
                print(f"{folder.name}: differs by {relative:.2g}")
    print("\n".join(refused))
    print(f"{count} networks, {wrong} wrong, largest relative difference {worst:.2g}; {len(refused)} that Keras has no layers for")
    return wrong


if __name__ == "__main__":
    if not sys.argv[2:]:
        one_of_each(sys.argv[1])
    sys.exit(check(sys.argv[1], sys.argv[2:]) > 0)
