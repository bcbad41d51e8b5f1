#!/usr/bin/env python3
"""Makes tests/golden/keras_versions: the same networks written by Keras 2 and by Keras 3, which mean other
functions by some names, have other defaults, and describe their layers in other ways.

    python3 -m venv v && v/bin/pip install keras tf_keras tensorflow-cpu h5py
    v/bin/python tests/golden/make_keras_version_goldens.py [NAME...]

NAME_keras2 and NAME_keras3 are as the folders of make_keras_goldens.py. refused.json holds descriptions of
networks (as each Keras writes them) whose layer or activation is not known here, by what the refusal must name.
"""
import json
import os
import shutil
import sys

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"  # whose softmax takes five axes at most

from make_keras_goldens import FOLDER, h5py, hash_of, np, to_ncthw
import keras
import tf_keras

FOLDER = FOLDER.with_name("keras_versions")
VERSIONS = {"keras2": tf_keras, "keras3": keras}
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def sequence(k, *inside, steps=6, features=4):
    return k.Sequential([k.layers.Input((steps, features)), *inside])


@case
def hard_sigmoid(k):
    layers = k.layers
    return k.Sequential([layers.Input((4, 6, 6, 2)), layers.Conv3D(3, 3, padding="same", activation="hard_sigmoid"),
                         layers.TimeDistributed(layers.Conv2D(3, 3, activation="hard_sigmoid")),
                         layers.TimeDistributed(layers.Activation("hard_sigmoid")), layers.Flatten(),
                         layers.Dense(5, activation="hard_sigmoid"), layers.Dense(4), layers.Activation("hard_sigmoid")])


@case
def hard_sigmoid_recurrent(k):
    layers = k.layers
    return sequence(k, layers.LSTM(4, recurrent_activation="hard_sigmoid", return_sequences=True),
                    layers.GRU(4, recurrent_activation="hard_sigmoid", return_sequences=True),
                    layers.GRU(4, recurrent_activation="hard_sigmoid", reset_after=False, return_sequences=True),
                    layers.Bidirectional(layers.LSTM(3, recurrent_activation="hard_sigmoid", return_sequences=True)),
                    layers.LSTM(3, activation="hard_sigmoid"), layers.Dense(3))


@case
def recurrent_defaults(k):
    layers = k.layers
    return sequence(k, layers.GRU(4, return_sequences=True), layers.LSTM(4, return_sequences=True),
                    layers.GRU(3, use_bias=False, go_backwards=True), layers.Dense(3))


@case
def bidirectional(k):
    layers = k.layers
    steps = [layers.Bidirectional(layers.LSTM(3, return_sequences=True), merge_mode=mode, name=name)
             for mode, name in (("concat", "forward_net"), ("sum", "backward_net"), ("ave", "third"))]
    return sequence(k, *steps, layers.Bidirectional(layers.GRU(4), merge_mode="mul"), layers.Dense(3))


@case
def own_backward_layer(k):
    layers = k.layers

    def both(forward, backward, **settings):
        return layers.Bidirectional(forward, backward_layer=backward, **settings)

    return sequence(k, both(layers.LSTM(3, return_sequences=True),
                            layers.LSTM(3, return_sequences=True, go_backwards=True)),
                    both(layers.LSTM(3, return_sequences=True, activation="relu"),
                         layers.GRU(3, return_sequences=True, go_backwards=True)),
                    both(layers.LSTM(3), layers.LSTM(3, go_backwards=True, use_bias=False), merge_mode="ave"),
                    layers.Dense(3))


@case
def activations(k):
    layers = k.layers
    names = ["relu", "sigmoid", "tanh", "silu", "swish", "linear"] + (["hard_silu", "hard_swish"] if k is keras else [])
    steps = []
    for name in names:
        steps += [layers.Conv3D(3, 1, activation=name), layers.Activation(name)]
    return k.Sequential([layers.Input((3, 4, 4, 2)), *steps, layers.ReLU(), layers.PReLU(shared_axes=[1, 2, 3]),
                         layers.Flatten(), layers.Dense(4, activation="softmax")])


@case
def more_activations(k):
    """By name, as layers, as the activation of a layer, and as operations between layers."""
    layers = k.layers
    names = ["elu", "selu", "softplus", "softsign", "mish", "gelu"]
    names += ["relu6", "leaky_relu", "celu", "hard_tanh"] if k is keras else []
    clip = layers.Input((3, 4, 4, 2))
    x = clip if k is keras else layers.ThresholdedReLU(0.2)(clip)
    x = layers.ReLU(2.0, 0.25, 0.5)(layers.ReLU(threshold=0.3)(x))  # these jump, and come before rounding adds up
    x = layers.Activation("exponential")(layers.Conv3D(3, 1, activation="softsign")(x))
    for name in names:
        x = layers.Activation(name)(layers.Conv3D(3, 1, activation=name)(x))
    for layer in (layers.LeakyReLU(), layers.LeakyReLU(0.1), layers.ReLU(6.0), layers.ReLU(max_value=1.5, negative_slope=0.2),
                  layers.ELU(), layers.ELU(0.5)):
        x = layer(layers.Conv3D(3, 1, activation=layers.LeakyReLU(0.4))(x))
    x = layers.TimeDistributed(layers.LeakyReLU(0.2))(layers.Conv3D(3, 1)(x))
    if k is keras:
        more = [lambda y: keras.activations.gelu(y, approximate=True), lambda y: keras.ops.leaky_relu(y, 0.1), keras.ops.relu6,
                keras.ops.elu, keras.ops.selu, keras.ops.hard_sigmoid, keras.ops.silu, keras.ops.softplus, keras.ops.relu]
    else:
        import tensorflow as tf
        more = [lambda y: tf.nn.gelu(y, approximate=True), lambda y: tf.nn.leaky_relu(y, 0.1), tf.nn.relu6, tf.nn.elu, tf.nn.selu,
                tf.math.sigmoid, tf.nn.silu, tf.math.softplus, tf.nn.relu]
    for function in more:
        x = function(layers.Conv3D(3, 1)(x))
    steps = layers.Reshape((3, 48))(x)
    steps = layers.LSTM(4, activation="softsign", recurrent_activation="hard_sigmoid", return_sequences=True)(steps)
    return k.Model(clip, layers.Dense(4, activation="softmax")(layers.GRU(3, activation="elu")(steps)))


@case
def conv_lstm(k):
    """Of every sample, of the last one, and backwards; strides, dilation and kernels of even extent."""
    layers = k.layers
    return k.Sequential([layers.Input((4, 9, 8, 2)), layers.ConvLSTM2D(3, (3, 3), padding="same", return_sequences=True, name="first"),
                         layers.BatchNormalization(name="norm"),
                         layers.ConvLSTM2D(4, (2, 3), strides=(2, 1), return_sequences=True, recurrent_activation="hard_sigmoid", name="second"),
                         layers.ConvLSTM2D(2, 2, dilation_rate=(1, 2), padding="same", activation="softsign", use_bias=False, return_sequences=True, name="third"),
                         layers.ConvLSTM2D(3, 1, go_backwards=True, name="fourth"), layers.MaxPooling2D(2, name="pool"), layers.Flatten(name="flat"),
                         layers.Dense(3, activation="softmax", name="scores")])


@case
def backwards(k):
    """Sequences that were run through backwards, turned back or read as they come; maps in both directions."""
    layers = k.layers
    clip = layers.Input((4, 7, 6, 2))
    x = layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True, go_backwards=True, name="maps_back")(clip)
    x = layers.Add(name="sum")([layers.Conv3D(3, 1, name="later")(x), layers.Conv3D(3, 1, name="first")(clip)])
    x = layers.Bidirectional(layers.ConvLSTM2D(2, (3, 2), strides=(2, 1), return_sequences=True), name="both")(x)
    x = layers.Bidirectional(layers.ConvLSTM2D(3, 1), merge_mode="sum", name="last")(x) if k is tf_keras else \
        layers.Bidirectional(layers.ConvLSTM2D(3, 1, return_sequences=True), merge_mode="sum", name="last")(x)
    x = layers.Reshape((-1, 3), name="steps")(x)
    y = layers.LSTM(4, return_sequences=True, go_backwards=True, name="lstm_back")(x)
    z = layers.GRU(4, return_sequences=True, go_backwards=True, name="gru_back")(x)
    if k is keras:
        z = keras.ops.flip(z, axis=1)
    return k.Model(clip, layers.Dense(3, name="scores")(layers.GRU(3, name="gru")(layers.Concatenate(name="two")([y, z]))))


@case
def places(k):
    """Attention along some axes of a clip; a number a channel with a table added; joins along axes."""
    layers = k.layers
    clip = layers.Input((3, 4, 5, 6))
    x = layers.EinsumDense("bthwc,c->bthwc", output_shape=(3, 4, 5, 6), bias_axes="hwc", name="positions")(clip)
    x = layers.EinsumDense("bthwc,c->bthwc", output_shape=(3, 4, 5, 6), name="scale")(x)
    for number, axes in enumerate(((1, 2, 3), (2, 3), (1,), (1, 3))):
        x = layers.Add(name=f"sum{number}")([x, layers.MultiHeadAttention(2, 3, attention_axes=axes, name=f"heads{number}")(x, x)])
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.Concatenate(axis=1, name="later")([x, clip])
    x = layers.Concatenate(axis=-2, name="wider")([x, x])
    return k.Model(clip, layers.Dense(3, name="scores")(layers.GlobalAveragePooling3D(name="mean")(x)))


@case
def next_frame(k):
    """As Keras' example of the next picture has it."""
    layers = k.layers
    clip = layers.Input((5, 8, 8, 1))
    x = clip
    for kernel in (5, 3, 1):
        x = layers.ConvLSTM2D(4, (kernel, kernel), padding="same", return_sequences=True, activation="relu")(x)
        x = layers.BatchNormalization()(x)
    return k.Model(clip, layers.Conv3D(1, (3, 3, 3), activation="sigmoid", padding="same")(x))


@case
def normalisation_and_pooling(k):
    layers = k.layers
    clip = layers.Input((5, 9, 9, 2))
    x = layers.Conv3D(4, (2, 3, 3), strides=(1, 2, 2), padding="same")(clip)
    x = layers.BatchNormalization()(x)
    x = layers.BatchNormalization(scale=False, epsilon=1e-2, momentum=0.9)(x)
    x = layers.AveragePooling3D(2, strides=1, padding="same")(x)
    x = layers.MaxPooling3D((2, 2, 2), padding="same")(x)
    x = layers.GlobalAveragePooling3D(keepdims=True)(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return k.Model(clip, layers.Softmax()(layers.Dense(4)(x)))


@case
def joins(k):
    layers = k.layers
    clip = layers.Input((3, 6, 6, 2))
    a = layers.Conv3D(4, 1, activation="tanh")(clip)
    b = layers.Conv3D(4, 1, activation="hard_sigmoid")(clip)
    c = layers.Add()([a, b, layers.Multiply()([a, b])])
    d = layers.Concatenate()([layers.Maximum()([a, b]), layers.Average()([a, c])])
    if k is keras:
        look, most, mean = clip[:, 0], keras.ops.max(d, axis=1), keras.ops.mean(d, axis=1, keepdims=True)
    else:
        import tensorflow as tf
        look, most, mean = clip[:, 0], tf.reduce_max(d, axis=1), tf.reduce_mean(d, axis=1, keepdims=True)
    x = layers.Concatenate()([layers.Conv2D(3, 1)(look), most, layers.Reshape((6, 6, 8))(mean)])
    return k.Model(clip, layers.Dense(3)(layers.GlobalMaxPooling2D()(x)))


@case
def mixed_precision(k):
    """Weights in float32, whose file states a policy; the output is that of a float32 copy."""
    layers, policy = k.layers, "mixed_float16"
    return k.Sequential([layers.Input((4, 6, 6, 1)), layers.Conv3D(3, 3, dtype=policy, activation="relu"),
                         layers.BatchNormalization(dtype=policy), layers.Flatten(dtype=policy),
                         layers.Dense(3, dtype=policy)])


@case
def models_within(k):
    """A sequential model in a functional one, and a functional one in a sequential one in it."""
    layers = k.layers
    entry = layers.Input((3, 6, 6, 2), name="clip")
    x = layers.TimeDistributed(layers.Conv2D(3, 3, padding="same", activation="relu", name="inner"), name="each")(entry)
    x = layers.BatchNormalization(name="norm")(layers.Conv3D(4, 3, name="volume")(x))
    x = layers.Reshape((4, 16), name="rows")(layers.Permute((2, 3, 1, 4), name="turned")(x))
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="both_ways")(x)
    x = layers.Bidirectional(layers.GRU(2), merge_mode="sum", name="summed")(x)
    inside = layers.Input((5,), name="clip_of_residual")
    joined = layers.Add(name="join")([layers.Dense(5, name="one")(inside), layers.Dense(5, name="other")(inside)])
    residual = k.Model(inside, joined, name="residual")
    head = k.Sequential([layers.Input((2,)), layers.Dense(5, activation="tanh", name="left"), layers.PReLU(name="slope"),
                         residual, layers.Dense(4, name="right")], name="head")
    return k.Model(entry, layers.Dense(3, activation="softmax", name="classes")(head(x)))


@case
def classes(k):
    """Names whose order is not that of their layers."""
    layers = k.layers
    return k.Sequential([layers.Input((3, 6, 6, 2)), layers.Conv3D(4, 3, name="b_conv"), layers.Conv3D(3, 1, name="a_conv"),
                         layers.BatchNormalization(name="norm"), layers.GlobalAveragePooling3D(),
                         layers.Dense(2, name="scores")])


@case
def padded(k):
    """Zeros around what a convolution and, behind a ReLU, a max pooling reads; layer norm and GELU."""
    layers = k.layers
    return k.Sequential([layers.Input((3, 7, 6, 2)), layers.ZeroPadding3D(((1, 0), (2, 1), (0, 3)), name="pad"),
                         layers.Conv3D(4, 3, name="conv"), layers.LayerNormalization(name="norm"), layers.Activation("gelu", name="gelu"),
                         layers.Conv3D(3, (1, 2, 2), activation="relu", name="relu"), layers.ZeroPadding3D((0, 1, 1), name="pad2"),
                         layers.MaxPooling3D((1, 3, 3), (1, 2, 2), name="pool"), layers.GlobalAveragePooling3D(name="mean"),
                         layers.Dense(3, activation="gelu", name="scores")])


@case
def attention(k):
    """Of a sequence to itself and to another, with heads and without."""
    layers = k.layers
    steps = layers.Input((6, 8))
    x = layers.MultiHeadAttention(2, 4, name="heads")(steps, steps)
    x = layers.LayerNormalization(name="norm")(layers.Add(name="sum")([steps, x]))
    few = layers.Cropping1D((1, 2), name="few")(steps)
    x = layers.MultiHeadAttention(3, 2, output_shape=5, use_bias=False, name="cross")(x, value=few)
    x = layers.Attention(name="plain")([x, layers.Dense(5, name="value")(few), layers.Dense(5, name="key")(few)])
    return k.Model(steps, layers.Dense(3, name="scores")(layers.GlobalAveragePooling1D(name="mean")(x)))


@case
def cropped(k):
    """Parts of a clip, of its pictures and of a sequence; layers that do something in training alone."""
    layers = k.layers
    return k.Sequential([layers.Input((6, 9, 8, 2)), layers.Cropping3D(((1, 2), (0, 3), (1, 1)), name="crop"),
                         layers.SpatialDropout3D(0.3, name="drop"), layers.Conv3D(4, 2, name="conv"), layers.GaussianNoise(0.2, name="noise"),
                         layers.TimeDistributed(layers.Cropping2D(((1, 0), (0, 2)), name="inside"), name="each"),
                         layers.GaussianDropout(0.2, name="drop2"), layers.TimeDistributed(layers.Flatten(name="flat"), name="flatten"),
                         layers.Cropping1D((1, 0), name="later"), layers.SpatialDropout1D(0.1, name="drop3"), layers.LSTM(3, name="lstm"),
                         layers.Dense(3, name="scores")])


@case
def models_of_each_sample(k):
    """A sequential model of each picture, and a functional one with a residual sum in it, as of a ResNet."""
    layers = k.layers
    each = k.Sequential([layers.Input((8, 7, 2)), layers.Conv2D(3, 3, activation="relu", name="conv"), layers.MaxPooling2D(2, name="pool"),
                         layers.DepthwiseConv2D((1, 2), depth_multiplier=2, name="deep"), layers.SpatialDropout2D(0.1, name="drop")], name="each")
    entry = layers.Input((3, 1, 6), name="places")
    x = layers.ZeroPadding2D(((1, 1), (0, 0)), name="pad")(entry)
    x = layers.Conv2D(6, (3, 1), name="first")(x)
    x = layers.ReLU(name="relu")(layers.Add(name="sum")([layers.BatchNormalization(name="norm")(x), entry]))
    residual = k.Model(entry, layers.GlobalAveragePooling2D(name="mean")(x), name="residual")
    return k.Sequential([layers.Input((4, 8, 7, 2)), layers.TimeDistributed(each, name="pictures"),
                         layers.TimeDistributed(residual, name="vectors"), layers.LSTM(3, name="lstm"), layers.Dense(3, name="scores")])


def float32_copy(k, model):
    config = json.loads(json.dumps(model.get_config()).replace("mixed_float16", "float32"))
    copy = k.Sequential.from_config(config)
    copy.set_weights(model.get_weights())
    return copy


def randomise(model, random):
    for weight in model.weights:
        role, shape = weight.name.split("/")[-1].split(":")[0], weight.shape
        if role in ("bias", "beta", "moving_mean"):
            weight.assign(random.normal(0, 0.5, shape))
        elif role in ("gamma", "moving_variance", "alpha") or (role == "kernel" and len(shape) == 1):
            weight.assign(random.uniform(0.3, 1.7, shape))
        elif role in ("kernel", "depthwise_kernel", "recurrent_kernel"):
            weight.assign(random.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape) * 1.5)


def make(name, version):
    k, random = VERSIONS[version], np.random.default_rng(hash_of(name))
    k.backend.clear_session()
    k.utils.set_random_seed(hash_of(name) // 2)
    model = CASES[name](k)
    randomise(model, random)
    folder = FOLDER / f"{name}_{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shape = model.input_shape[1:]
    values = random.normal(0, 2, (1, *shape)).astype(np.float16)
    plain = float32_copy(k, model) if name == "mixed_precision" else model
    output = np.asarray(plain(values.astype(np.float32), training=False))
    np.save(folder / "input.npy", to_ncthw(values, len(shape)))
    np.save(folder / "output.npy", to_ncthw(output, output.ndim - 1))
    options = {"save_format": "h5"} if k is tf_keras else {}
    model.save(folder / "keras.h5", include_optimizer=False, **options)
    if name in ("models_within", "classes", "conv_lstm", "attention", "models_of_each_sample", "backwards", "places"):
        write_other_forms(model, folder)
    print(f"{folder.name}: {(folder / 'keras.h5').stat().st_size} bytes, output {output.ravel()[:3]}")


def write_other_forms(model, folder):
    """The same network as .keras and as weights alone, whose model.yaml is written by hand."""
    for form, write in ("keras", model.save), ("weights.h5", model.save_weights):
        if form == "weights.h5" and folder.name in ("models_within_keras2", "backwards_keras2", "backwards_keras3", "attention_keras2", "attention_keras3", "places_keras2", "places_keras3", "models_of_each_sample_keras2",
                                                    "models_of_each_sample_keras3"):
            continue  # holds no names: which layer of which model, which product of attention is which is not to be known
        other = folder.with_name(f"{folder.name}_{form.split('.')[0]}")
        other.mkdir(exist_ok=True)
        for name in "input.npy", "output.npy":
            shutil.copy(folder / name, other / name)
        write(other / f"keras.{form}")


def refused():
    """[{"version", "names": what the message must hold, "config": the description}]"""
    wanted = []
    functions = ("glu", "log_softmax", "log_sigmoid", "hard_shrink", "soft_shrink", "tanh_shrink", "sparse_plus", "sparse_sigmoid",
                 "sparsemax", "squareplus", "threshold")
    classes = {"UnitNormalization": {}, "GroupNormalization": {"groups": 1}, "ZeroPadding3D": {}, "UpSampling3D": {},
               "Conv3DTranspose": {"filters": 2, "kernel_size": 3}}
    for version, k in VERSIONS.items():
        number = k.__version__ if k is keras else "2.15.0"
        layers = k.layers

        def add(layer, *names):
            k.backend.clear_session()
            model = k.Sequential([layers.Input((4, 6, 6, 2)), layer])
            # As each writes it into HDF5.
            model.save(FOLDER / "refused.h5", include_optimizer=False)
            with h5py.File(FOLDER / "refused.h5") as file:
                wanted.append({"version": number, "names": names, "config": file.attrs["model_config"]})
            (FOLDER / "refused.h5").unlink()

        for function in functions:
            if getattr(k.activations, function, None) is not None:
                add(layers.Activation(function), function)
                add(layers.Dense(3, activation=function), function)
        for name, settings in classes.items():
            if hasattr(layers, name):
                add(getattr(layers, name)(**settings), name)
        add(layers.BatchNormalization(axis=1), "another axis")
        add(layers.Conv3D(3, 1, activation=layers.PReLU()), "PReLU")
    (FOLDER / "refused.json").write_text("[\n" + ",\n".join(json.dumps(one) for one in wanted) + "\n]\n")
    print(f"refused.json: {len(wanted)} networks")


if __name__ == "__main__":
    for one in sys.argv[1:] or CASES:
        for written_by in VERSIONS:
            make(one, written_by)
    if not sys.argv[1:]:
        refused()
