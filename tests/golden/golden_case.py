"""One golden case: a folder with a model file, its weights, an input and the output that is right.

    NAME/model.yaml            in the project's language (docs/models.md)
    NAME/weights.safetensors   plain tensors by parameter name; absent where there are none
    NAME/input.npy             N x C x T x H x W float32
    NAME/output.npy            the same form

tests/models/golden_case.h reads them.
"""

import shutil
from pathlib import Path

import numpy
from safetensors.numpy import save_file

MODEL = """# Made by tests/golden/{script}: {source}.
name: {name}
input: {{channels: {channels}, frames: {frames}, frame_rate: 10, height: {height}, width: {width}{form}}}
layers:
{layers}
"""

FORMS = {1: ", color: gray", 2: ", color: gray, motion: difference", 3: "", 4: ", motion: difference"}


def clear(folder: Path):
    shutil.rmtree(folder, ignore_errors=True)


def write_case(folder: Path, script: str, source: str, layers, weights, given, expected):
    """`layers` are lines of YAML; arrays are N x C x T x H x W, weights by parameter name."""
    folder.mkdir(parents=True, exist_ok=True)
    _, channels, frames, height, width = given.shape
    text = MODEL.format(script=script, source=source, name=folder.name, channels=channels, frames=frames,
                        height=height, width=width, form=FORMS[channels],
                        layers="\n".join("  - " + layer for layer in layers))
    (folder / "model.yaml").write_text(text)
    if weights:
        tensors = {name: numpy.ascontiguousarray(value, numpy.float32) for name, value in weights.items()}
        save_file(tensors, folder / "weights.safetensors")
    for name, array in ("input.npy", given), ("output.npy", expected):
        numpy.save(folder / name, numpy.ascontiguousarray(array, numpy.float32))
