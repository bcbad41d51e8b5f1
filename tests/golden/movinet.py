"""MoViNet of TensorFlow's model garden (tf-models-official), which need not be installed with all that it asks for:
`pip download --no-deps tf-models-official`, unpacked, on PYTHONPATH."""

import importlib.util
import os
import sys
import types
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"

import numpy

# What MoViNet's modules import beyond themselves: packages whose __init__ imports the whole garden, and registries.
BARE = ("official.vision", "official.vision.modeling", "official.vision.modeling.layers",
        "official.vision.modeling.backbones", "official.projects.movinet", "official.projects.movinet.modeling")
UNUSED = ("gin", "official.core", "official.vision.modeling.backbones.factory", "official.vision.configs")


class Unused(types.ModuleType):
    """Every name in it is a decorator that changes nothing."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *given, **_: given[0] if len(given) == 1 and callable(given[0]) else lambda function: function


def modules():
    root = Path(importlib.util.find_spec("official").submodule_search_locations[0]).parent
    for name in BARE:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(root / name.replace(".", "/"))]
    for name in UNUSED:
        sys.modules[name] = Unused(name)
    from official.projects.movinet.modeling import movinet, movinet_layers
    return movinet, movinet_layers


def by_name(variable, parameter):
    """The value of a variable, given parameter(name, shape) in the project's names and axes."""
    name = variable.name.split(":")[0].replace("/", ".")
    shape = tuple(variable.shape)
    if name.endswith(".scale"):
        return parameter(name + ".gamma", (1,))[0]
    if not name.endswith(".kernel"):
        return parameter(name, shape)
    return parameter(name, tuple(shape[i] for i in (4, 3, 0, 1, 2))).transpose(2, 3, 4, 1, 0)


def run(stream, parameter, given):
    """Scores of MoViNet-A0 for N x C x T x H x W: the base form, or the stream form on the whole clip at once."""
    movinet, layers = modules()
    form = dict(conv_type="3d_2plus1d" if stream else "3d", activation="hard_swish" if stream else "swish")
    backbone = movinet.Movinet(model_id="a0", causal=stream, se_type="2plus3d" if stream else "3d",
                               gating_activation="hard_sigmoid" if stream else "sigmoid", use_sync_bn=False, **form)
    head = layers.ClassifierHead(head_filters=2048, num_classes=400, dropout_rate=0.5, name="classifier_head", **form)
    clip = given.transpose(0, 2, 3, 4, 1)
    for _ in range(2):  # variables are there after a first run
        scores = head(backbone(clip)[0]["head"])
        for variable in backbone.variables + head.variables:
            variable.assign(numpy.reshape(by_name(variable, parameter), variable.shape))
    return scores.numpy()
