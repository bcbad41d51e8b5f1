#!/usr/bin/env python3
"""Compares a shipped transformer at its full size with its own package, and names the first layer that differs.

    compare_transformer.py build/actionflow videomae_s [--layers]

Random weights and clip. With --layers the network is cut behind each of its outermost layers that the package
has a module of the same name for. Prints the greatest difference over the greatest value.
"""

import argparse
import copy
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import torch
import yaml
from safetensors.numpy import save_file

from transformer_models import MODELS, build, clip_of, weights_of

LIMIT = 1e-4


def run_ours(program, folder, description, weights):
    """What the program predicts for the clip in `folder`."""
    (folder / "model.yaml").write_text(yaml.safe_dump(description, sort_keys=False, width=1000))
    names = {item["name"] for item in description["layers"] if isinstance(item, dict) and "name" in item}
    own = {name: value for name, value in weights.items()
           if any(name.startswith(f"{layer}.") for layer in names)}
    save_file(own, folder / "weights.safetensors")
    subprocess.run([program, "predict", folder / "model.yaml", "--weights", folder / "weights.safetensors",
                    "--input", folder / "clip.npy", "--output", folder / "out.npy"], check=True,
                   stdout=subprocess.DEVNULL)
    return numpy.load(folder / "out.npy")


def deviation(ours, theirs):
    return float(numpy.abs(ours.reshape(theirs.shape) - theirs).max() / numpy.abs(theirs).max())




def written_out(layers):
    """Outermost layers with repeats taken apart, under the names that they then have."""
    result = []
    for item in layers:
        for i in range(item.get("repeat", 1)):
            one = {key: value for key, value in item.items() if key != "repeat"}
            if "repeat" in item:
                one["name"] = f"{item['name']}.{i}"
            result.append(one)
    return result


def compare_layers(program, folder, model, description, run, weights, clip):
    seen = {}

    def keep(name):
        def hook(_, __, output):
            seen[name] = (output[0] if isinstance(output, tuple) else output).detach().numpy()
        return hook

    layers = written_out(description["layers"])
    modules = dict(model.named_modules())
    for item in layers:
        if item["name"] in modules:
            modules[item["name"]].register_forward_hook(keep(item["name"]))
    with torch.no_grad():
        run(torch.from_numpy(clip))
    for end, item in enumerate(layers, 1):
        if item["name"] not in seen:
            continue
        cut = copy.deepcopy(description) | {"layers": layers[:end]}
        cut.pop("classes" if end < len(layers) else "", None)
        ours, theirs = run_ours(program, folder, cut, weights), seen[item["name"]]
        channels = ours.shape[1]
        ours = ours.reshape(1, channels, -1)
        theirs = theirs.reshape(1, -1, channels).transpose(0, 2, 1) if theirs.shape[1] != channels or \
            theirs.ndim == 3 else theirs.reshape(1, channels, -1)
        off = deviation(ours, theirs)
        print(f"{item['name']:60} {off:.2e}", flush=True)
        if off > LIMIT:
            sys.exit(f"{item['name']} is the first layer that differs")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("network", choices=MODELS)
    parser.add_argument("--layers", action="store_true")
    options = parser.parse_args()
    model, description, run = build(options.network, small=False)
    weights, clip = weights_of(model), clip_of(description)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        numpy.save(folder / "clip.npy", clip)
        if options.layers:
            return compare_layers(options.program, folder, model, description, run, weights, clip)
        with torch.no_grad():
            theirs = run(torch.from_numpy(clip)).numpy()
        off = deviation(run_ours(options.program, folder, description, weights), theirs)
        print(f"{options.network}: {off:.2e}")
        sys.exit(off > LIMIT)


if __name__ == "__main__":
    main()
