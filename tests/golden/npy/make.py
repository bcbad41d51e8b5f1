#!/usr/bin/env python3
"""Writes this folder's .npy files with NumPy itself. Each holds 0, 1, 2 … (mod 2 for bool) as 2×3×4."""
import pathlib

import numpy as np

here = pathlib.Path(__file__).parent
count = np.arange(24).reshape(2, 3, 4)
for name, kind in {
    "f2": "<f2", "f4": "<f4", "f8": "<f8", "f4_big": ">f4", "i1": "i1", "i2": "<i2", "i4_big": ">i4",
    "i8": "<i8", "u1": "u1", "u2": "<u2", "u4": "<u4", "u8": "<u8",
}.items():
    np.save(here / f"{name}.npy", count.astype(kind))
np.save(here / "b1.npy", count % 2 == 1)
np.save(here / "fortran.npy", np.asfortranarray(count.astype("<f4")))
np.save(here / "scalar.npy", np.float32(2.5))
np.save(here / "empty.npy", np.zeros((3, 0, 2), np.float32))
np.save(here / "special.npy", np.array([np.inf, -np.inf, np.nan, -0.0, 2**-24, 65504], np.float16))
with open(here / "version2.npy", "wb") as file:
    np.lib.format.write_array(file, count.astype("<f4"), version=(2, 0))
np.save(here / "complex.npy", np.zeros(2, np.complex64))
