#!/usr/bin/env python3
"""Whether PyTorch takes what the program writes: each case of make_torch_goldens.py converted to .pth, and to
safetensors with PyTorch's names, and loaded into the module with strict=True.

    check_torch_files.py PROGRAM

Needs torch, safetensors and numpy.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file

from make_torch_goldens import CASES, HERE

LEFT_OUT = {"pointwise"}  # its Linear is a convolution in the model file, and so is written as one


def held(folder):
    names = ("weights.pth", "model.safetensors", "model.safetensors.index.json")
    return next(folder / name for name in names if (folder / name).exists())


def main():
    program, worst = sys.argv[1], 0.0
    for name, (make, _) in CASES.items():
        if name in LEFT_OUT:
            continue
        folder = HERE / name
        given = torch.from_numpy(numpy.load(folder / "input.npy"))
        expected = numpy.load(folder / "output.npy")[:, :, 0, 0, 0]
        with tempfile.TemporaryDirectory() as scratch:
            for out in "out.pth", "out.safetensors":
                file = Path(scratch) / out
                subprocess.run([program, "convert", held(folder), file, "--model", folder / "model.yaml", "--names",
                                "torch"], check=True, stderr=subprocess.DEVNULL)
                state = torch.load(file, weights_only=True) if file.suffix == ".pth" else load_file(file)
                net = make().eval()
                net.load_state_dict(state, strict=True)
                with torch.no_grad():
                    worst = max(worst, float(numpy.abs(net(given).numpy() - expected).max() / numpy.abs(expected).max()))
    print(f"{len(CASES) - len(LEFT_OUT)} cases, largest relative difference {worst:.1e}")
    sys.exit(worst > 1e-5)


if __name__ == "__main__":
    main()
