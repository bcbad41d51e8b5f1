#!/usr/bin/env python3
"""Checks with onnx.checker and ONNX Runtime what `actionflow convert … X.onnx` writes, against the golden outputs of
every layer and of Keras' networks, and against `actionflow predict` for the weights that are shipped.

    v/bin/python tests/golden/check_onnx_export.py build/actionflow [NAME…]
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden"
program = sys.argv[1]
scratch = Path(tempfile.mkdtemp())
worst = failed = 0


def run(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()


def runtime(file, x):
    onnx.checker.check_model(str(file), full_check=True)
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    y = session.run(None, {name: x})[0]
    twice = session.run(None, {name: np.concatenate([x, x])})[0]          # the batch is open
    assert twice.shape[0] == 2 * y.shape[0] and np.allclose(twice[:len(y)], y, atol=1e-5), "a batch of two differs"
    return y


def report(name, error, y=None, expected=None):
    global worst, failed
    if error is None and y.size != expected.size:
        error = f"{y.shape} and {expected.shape}"
    if error is None:
        relative = np.abs(y.reshape(-1) - expected.reshape(-1)).max() / max(np.abs(expected).max(), 1e-30)
        worst = max(worst, relative)
        error = f"differs by {relative:.2g}" if relative > 1e-4 else None
    failed += error is not None
    if error:
        print(f"{name}: {error}")


def check(name, weights, x, expected, *model):
    if sys.argv[2:] and name not in sys.argv[2:]:
        return
    file = scratch / "out.onnx"
    file.unlink(missing_ok=True)
    Path(file).with_suffix(".yaml").unlink(missing_ok=True)
    error = run("convert", weights, file, *model)
    try:
        report(name, error, None if error else runtime(file, x), expected)
    except Exception as exception:
        report(name, f"{type(exception).__name__} {exception}")


count = 0
for group in "operations", "onnx", "transformers":
    for folder in sorted((GOLDEN / group).iterdir()):
        weights = folder / "weights.safetensors"
        if weights.exists():
            check(folder.name, weights, np.load(folder / "input.npy").astype(np.float32), np.load(folder / "output.npy"), "--model", folder / "model.yaml")
            count += 1
for group in "keras", "keras_versions":
    for folder in sorted((GOLDEN / group).iterdir()):
        for file in folder.glob("keras.*") if folder.is_dir() else []:
            model = ["--model", folder / "model.yaml"] if (folder / "model.yaml").exists() else []
            check(folder.name, file, np.load(folder / "input.npy").astype(np.float32), np.load(folder / "output.npy"), *model)
            count += 1
for folder in sorted((GOLDEN / "onnx_networks").iterdir()):
    check(folder.name, folder / "network.onnx", np.load(folder / "input.npy").astype(np.float32), np.load(folder / "output.npy"))
    count += 1
for weights in sorted((ROOT / "configs/weights").glob("*.safetensors")):
    error = run("convert", weights, scratch / "shipped.onnx")
    Path(scratch / "shipped.yaml").unlink(missing_ok=True)
    if not error:
        shape = [d.dim_value or 1 for d in onnx.load(scratch / "shipped.onnx").graph.input[0].type.tensor_type.shape.dim]
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        np.save(scratch / "x.npy", x)
        error = run("predict", "--weights", weights, "--input", scratch / "x.npy", "--output", scratch / "y.npy")
    report(weights.name, error, *([] if error else [runtime(scratch / "shipped.onnx", x), np.load(scratch / "y.npy")]))
    count += 1
print(f"{count} networks, {failed} wrong, largest relative difference {worst:.2g}")
sys.exit(failed > 0)
