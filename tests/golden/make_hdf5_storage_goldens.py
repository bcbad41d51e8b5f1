#!/usr/bin/env python3
"""Makes tests/golden/keras_versions/compressed_8bit_*: a network whose weights other programs rewrote as whole
numbers of 8 bits, compressed, most of them zero: far larger in memory than on disk.

    python3 -m venv v && v/bin/pip install keras tf_keras tensorflow-cpu h5py
    v/bin/python tests/golden/make_hdf5_storage_goldens.py
"""
from make_keras_version_goldens import CASES, FOLDER, VERSIONS, case, h5py, make, np, to_ncthw


@case
def compressed_8bit(k):
    layers = k.layers
    return k.Sequential([layers.Input((2, 8, 8, 2)), layers.Flatten(), layers.Dense(500, activation="relu"),
                         layers.Dense(3)])


def rewrite(name, version):
    make(name, version)
    folder, k = FOLDER / f"{name}_{version}", VERSIONS[version]
    with h5py.File(folder / "keras.h5", "r+") as file:
        group, found = file["model_weights"], []
        group.visititems(lambda path, item: found.append(path) if isinstance(item, h5py.Dataset) else None)
        for path in found:
            values = np.round(group[path][()] * 30).clip(-128, 127).astype(np.int8)
            values.ravel()[np.arange(values.size) % 50 != 0] = 0
            del group[path]
            group.create_dataset(path, data=values, compression="gzip", shuffle=True)
    with h5py.File(folder / "keras.h5") as old, h5py.File(folder / "small.h5", "w") as new:  # without the gaps
        new.attrs.update(old.attrs)
        old.copy("model_weights", new)
    (folder / "small.h5").replace(folder / "keras.h5")
    model = k.models.load_model(folder / "keras.h5", compile=False)
    values = np.random.default_rng(1).normal(0, 2, (1, 2, 8, 8, 2)).astype(np.float16)
    output = np.asarray(model(values.astype(np.float32), training=False))
    np.save(folder / "input.npy", to_ncthw(values, 4))
    np.save(folder / "output.npy", to_ncthw(output, 1))
    print(f"{folder.name}: {(folder / 'keras.h5').stat().st_size} bytes on disk, {4 * model.count_params()} in memory")


if __name__ == "__main__":
    for written_by in VERSIONS:
        rewrite("compressed_8bit", written_by)
