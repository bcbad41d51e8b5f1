#!/usr/bin/env python3
"""Makes tests/golden/keras: small Keras 2 files of every seed network and of single layers, with random
weights and batch-norm statistics, an input and what Keras gives for it.

    python3 -m venv v && v/bin/pip install tf_keras tensorflow h5py
    v/bin/python tests/golden/make_keras_goldens.py [NAME...]

    v/bin/python tests/golden/make_keras_goldens.py --trained FOLDER
prints what the two trained networks give that tests/models/keras_trained_test.cpp reads from real data.

Networks are those of configs/models, made small in width or size. Each folder holds the file as Keras
wrote it, input.npy (N,C,T,H,W, float16) and output.npy (N,C,T,H,W). Where the file holds weights only,
model.yaml is the network.
"""
import json
import os
import pathlib
import shutil
import sys
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import h5py  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras  # noqa: E402
from tf_keras import Model, Sequential, layers as L  # noqa: E402

FOLDER = pathlib.Path(__file__).parent / "keras"
CASES = {}
OTHER_SUFFIXES = {"naive_3d": ".keras", "simple_3d": ".hdf5"}


def case(function):
    CASES[function.__name__] = function
    return function


# ---- the seed networks ----


@case
def naive_2d(size=16):
    return Sequential([L.Input((size, size, 3)), L.Conv2D(8, 3, activation="relu"), L.MaxPooling2D(2), L.Flatten(),
                       L.Dense(10, activation="softmax")])


@case
def naive_3d(size=16):
    return Sequential([L.Input((10, size, size, 3)), L.Conv3D(8, 3, activation="relu"), L.MaxPooling3D(2),
                       L.Flatten(), L.Dense(10, activation="softmax")])


def conv_norm_pool(filters):
    return [L.Conv3D(filters, 3, padding="same", activation="relu"), L.BatchNormalization(), L.MaxPooling3D(2)]


@case
def robust_3d(size=32):
    return Sequential([L.Input((10, size, size, 3)), *conv_norm_pool(16), *conv_norm_pool(32), *conv_norm_pool(64),
                       L.Flatten(), L.Dropout(0.5), L.Dense(10, activation="softmax")])


@case
def multichannel_3d(size=16):
    return Sequential([L.Input((10, size, size, 4)), *conv_norm_pool(16), *conv_norm_pool(32), L.Flatten(),
                       L.Dense(10, activation="softmax")])


def fusion_trunk(x, widths):
    for width in widths:
        x = L.Conv3D(width, 3, padding="same", activation="relu")(x)
        x = L.MaxPooling3D(2)(x)
    return x


def fusion_head(x, widths):
    x = L.Conv2D(widths[0], 3, padding="same", activation="relu")(x)
    x = L.MaxPooling2D(2)(x)
    x = L.Conv2D(widths[1], 3, padding="same", activation="relu")(x)
    return L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(x))


@case
def fusion_pool(size=32):
    clip = L.Input((10, size, size, 1))
    x = tf.reduce_max(fusion_trunk(clip, (8, 16)), axis=1)
    return Model(clip, fusion_head(x, (16, 24)))


@case
def fusion_projection(size=32):
    clip = L.Input((10, size, size, 1))
    x = L.Conv3D(16, (2, 1, 1))(fusion_trunk(clip, (8, 16)))
    x = L.Reshape((size // 4, size // 4, 16))(x)
    return Model(clip, fusion_head(x, (16, 24)))


@case
def fusion_fold(size=32):
    clip = L.Input((10, size, size, 1))
    x = L.MaxPooling3D((1, 2, 2))(fusion_trunk(clip, (8, 16)))
    x = L.Reshape((2, size // 8, size // 8 * 16))(x)
    return Model(clip, fusion_head(x, (16, 24)))


@case
def fusion_concat(size=32):
    clip = L.Input((10, size, size, 1))
    motion = tf.reduce_max(fusion_trunk(clip, (8, 16)), axis=1)
    look = clip[:, 0]
    for width in (8, 16):
        look = L.MaxPooling2D(2)(L.Conv2D(width, 3, padding="same", activation="relu")(look))
    x = L.Concatenate()([motion, look])
    x = L.Conv2D(24, 3, padding="same", activation="relu")(x)
    return Model(clip, L.Dense(5, activation="softmax")(L.GlobalAveragePooling2D()(x)))


@case
def cnn_lstm(size=32):
    clip = L.Input((10, size, size, 1))
    x = clip
    for width in (8, 16):
        x = L.MaxPooling3D((1, 2, 2))(L.Conv3D(width, 3, padding="same", activation="relu")(x))
    x = L.TimeDistributed(L.GlobalAveragePooling2D())(x)
    return Model(clip, L.Dense(5, activation="softmax")(L.LSTM(24)(x)))


@case
def cnn_lstm_rows(size=32):
    clip = L.Input((10, size, size, 1))
    x = L.Permute((2, 1, 3, 4))(fusion_trunk(clip, (8, 16)))
    x = L.Reshape((size // 4, 2 * size // 4 * 16))(x)
    x = L.Reshape((1, 1, 24))(L.LSTM(24)(x))
    x = L.Flatten()(L.Conv2D(32, 1, activation="relu")(x))
    return Model(clip, L.Dense(5, activation="softmax")(x))


@case
def conv3d_strided(size=24):
    return Sequential([L.Input((16, size, size, 3)),
                       L.Conv3D(32, 3, strides=2, padding="same", activation="relu"), L.BatchNormalization(),
                       L.MaxPooling3D(2, padding="same"), L.GlobalAveragePooling3D(),
                       L.Dense(10, activation="softmax")])


@case
def simple_3d():
    return Sequential([L.Input((16, 16, 16, 1)), L.Conv3D(32, 3, activation="relu"), L.MaxPooling3D(2), L.Flatten(),
                       L.Dense(1, activation="sigmoid")])


@case
def batchnorm_3d():
    return Sequential([L.Input((16, 16, 16, 1)), L.Conv3D(32, 3, activation="relu"), L.BatchNormalization(),
                       L.MaxPooling3D(2), L.Flatten(), L.Dense(1, activation="sigmoid")])


@case
def multilayer_3d():
    return Sequential([L.Input((16, 16, 16, 1)), L.Conv3D(16, 3, activation="relu"),
                       L.Conv3D(8, 5, activation="relu"), L.MaxPooling3D(2), L.Flatten(),
                       L.Dense(1, activation="sigmoid")])


# ---- layers and their settings ----


def sequence(*inside, steps=7, features=5):
    return Sequential([L.Input((steps, features)), *inside])


@case
def lstm_last():
    return sequence(L.LSTM(6))


@case
def lstm_hard_sigmoid_sequence():
    return sequence(L.LSTM(6, recurrent_activation="hard_sigmoid", return_sequences=True), L.Flatten(), L.Dense(4))


@case
def lstm_backwards_without_bias():
    return sequence(L.LSTM(6, go_backwards=True, use_bias=False, activation="relu"))


@case
def gru_reset_after():
    return sequence(L.GRU(6, return_sequences=True), L.GRU(4))


@case
def gru_reset_before():
    return sequence(L.GRU(6, reset_after=False, recurrent_activation="hard_sigmoid"))


@case
def gru_without_bias():
    return sequence(L.GRU(6, use_bias=False))


@case
def bidirectional_merges():
    steps = [L.Bidirectional(L.LSTM(3, return_sequences=True), merge_mode=mode) for mode in ("concat", "sum", "ave")]
    return sequence(*steps, L.Bidirectional(L.GRU(4), merge_mode="mul"), L.Dense(3))


@case
def bidirectional_last_state():
    return sequence(L.Bidirectional(L.LSTM(5)))


@case
def time_distributed():
    wrap = L.TimeDistributed
    return Sequential([L.Input((4, 12, 10, 3)), wrap(L.Conv2D(6, 3, padding="same", activation="relu")),
                       wrap(L.BatchNormalization()), wrap(L.MaxPooling2D(2, padding="same")),
                       wrap(L.AveragePooling2D(2)), wrap(L.Activation("tanh")), wrap(L.Dropout(0.3)),
                       wrap(L.Flatten()), wrap(L.Dense(8, activation="sigmoid")), L.GRU(5), L.Dense(3)])


@case
def window_settings():
    clip = L.Input((6, 11, 13, 4))
    x = L.Conv3D(8, (2, 3, 3), strides=(1, 2, 2), padding="same", groups=2, use_bias=False)(clip)
    x = L.PReLU(shared_axes=[1, 2, 3], alpha_initializer="random_uniform")(x)
    x = L.AveragePooling3D((2, 3, 3), strides=(1, 2, 2), padding="same")(x)
    x = L.Conv3D(6, 3, dilation_rate=(1, 2, 1), padding="same", activation="swish")(x)
    x = L.BatchNormalization(scale=False, epsilon=1e-2)(x)
    x = L.BatchNormalization(center=False)(x)
    x = L.ReLU()(x)
    return Model(clip, L.Softmax()(L.GlobalMaxPooling3D()(x)))


@case
def joins():
    clip = L.Input((3, 6, 6, 2))
    a = L.Conv3D(4, 1, activation="tanh")(clip)
    b = L.Conv3D(4, 1, activation="hard_sigmoid")(clip)
    c = L.Add()([a, b, L.Multiply()([a, b])])
    d = L.Concatenate()([L.Maximum()([a, b]), L.Average()([a, c])])
    return Model(clip, L.Dense(3)(L.Flatten()(d)))


@case
def conv_1d():
    return sequence(L.Conv1D(6, 3, padding="causal", activation="relu"), L.MaxPooling1D(2),
                    L.Conv1D(4, 2, strides=2, padding="same"), L.GlobalAveragePooling1D(), L.Dense(3), steps=9)


# ---- what files look like ----


@case
def half_weights():
    return Sequential([L.Input((4, 6, 6, 1)), L.Conv3D(3, 3), L.Flatten(), L.Dense(3)])


@case
def chunked_names():
    return Sequential([L.Input((4, 6, 6, 1)), L.Conv3D(3, 3), L.Flatten(), L.Dense(3)])


@case
def weights_only():
    return Sequential([L.Input((4, 6, 6, 1)), L.Conv3D(3, 3, activation="relu"), L.BatchNormalization(), L.Flatten(),
                       L.Dense(3)])


WEIGHTS_ONLY_MODEL = """\
name: weights_only
input: {channels: 1, frames: 4, frame_rate: 10, height: 6, width: 6}
layers:
  - {layer: conv3d, filters: 3, kernel: 3, activation: relu}
  - {layer: batch_norm}
  - {layer: flatten}
  - {layer: dense, units: 3}
"""


def randomise(model, random, half):
    """Biases that are not zero, and batch-norm statistics that are not those of a fresh layer."""
    for weight in model.weights:
        role = weight.name.split("/")[-1].split(":")[0]
        value = weight.numpy()
        if role in ("bias", "beta"):
            value = random.normal(0, 0.3, value.shape)
        elif role == "gamma":
            value = random.uniform(0.5, 1.5, value.shape)
        elif role == "moving_mean":
            value = random.normal(0, 0.3, value.shape)
        elif role == "moving_variance":
            value = random.uniform(0.3, 2, value.shape)
        weight.assign(value.astype(np.float16).astype(np.float32) if half else value)


def rewrite_datasets_as_half(path):
    with h5py.File(path, "r+") as file:
        names = []
        file["model_weights"].visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else 0)
        for name in names:
            values = file["model_weights"][name][()]
            del file["model_weights"][name]
            file["model_weights"].create_dataset(name, data=values.astype(np.float16))


def rewrite_names_in_chunks(path):
    """Keras does so where the list of names exceeds 64 KB."""
    with h5py.File(path, "r+") as file:
        for group in [file["model_weights"], *file["model_weights"].values()]:
            for key in ("layer_names", "weight_names"):
                if key not in group.attrs or len(group.attrs[key]) < 2:
                    continue
                names = [name.encode() if isinstance(name, str) else name for name in group.attrs[key]]
                del group.attrs[key]
                for i, part in enumerate((names[:1], names[1:])):
                    group.attrs[f"{key}{i}"] = part


def to_ncthw(values, rank):
    """(N,…) in Keras' order to N,C,T,H,W. A picture has one sample, a sequence has no height and width."""
    moved = np.moveaxis(values, -1, 1)
    if rank == 3:
        return moved[:, :, None]
    return moved.reshape(moved.shape + (1,) * (4 - rank))


def make(name):
    random = np.random.default_rng(hash_of(name))
    tf_keras.backend.clear_session()
    tf_keras.utils.set_random_seed(hash_of(name) // 2)
    model = CASES[name]()
    randomise(model, random, half=name == "half_weights")
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shape = model.input_shape[1:]
    values = random.normal(0, 1, (1, *shape)).astype(np.float16)
    output = model(values.astype(np.float32), training=False).numpy()
    np.save(folder / "input.npy", to_ncthw(values, len(shape)))
    np.save(folder / "output.npy", to_ncthw(output, output.ndim - 1))
    path = folder / "keras.h5"  # the suffix says nothing to our reader; some get others below
    if name == "weights_only":
        model.save_weights(path, save_format="h5")
        (folder / "model.yaml").write_text(WEIGHTS_ONLY_MODEL)
    else:
        model.save(path, save_format="h5", include_optimizer=False)
    if name == "half_weights":
        rewrite_datasets_as_half(path)
    if name == "chunked_names":
        rewrite_names_in_chunks(path)
    if name in OTHER_SUFFIXES:
        path = path.rename(path.with_suffix(OTHER_SUFFIXES[name]))
    print(f"{name}: {model.count_params()} parameters, {path.stat().st_size} bytes, output {output.ravel()[:3]}")


def hash_of(name):
    """Equal in every run, as Python's own is not."""
    value = 0
    for character in name:
        value = (value * 131 + ord(character)) % 2**32
    return value


def patterned(shape):
    """A clip that the tests make too: the top byte of a multiplicative hash of the place, as a fraction."""
    places = np.arange(np.prod(shape), dtype=np.uint32)
    return ((places * np.uint32(2654435761)) >> np.uint32(24)).astype(np.float32).reshape(shape) / np.float32(255)


def run_trained(folder):
    for name, size in (("Conv3D-32-64-128.keras", 200), ("Conv2D+GRU.keras", 120)):
        with tempfile.NamedTemporaryFile(suffix=".h5") as copy:  # Keras goes by the suffix
            shutil.copy(folder / name, copy.name)
            trained = tf_keras.models.load_model(copy.name, compile=False)
        # A float32 copy, since the file may have been saved under mixed_float16.
        config = json.loads(json.dumps(trained.get_config()).replace("mixed_float16", "float32"))
        model = tf_keras.Sequential.from_config(config)
        model.set_weights(trained.get_weights())
        output = model(patterned((1, 30, size, size, 3)), training=False).numpy()
        print(name, ", ".join(f"{value:.7g}F" for value in output.ravel()))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--trained"]:
        run_trained(pathlib.Path(sys.argv[2]))
        sys.exit()
    for wanted in sys.argv[1:] or CASES:
        make(wanted)
