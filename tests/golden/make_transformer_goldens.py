#!/usr/bin/env python3
"""Makes tests/golden/transformers: small networks of the shipped forms, as their own packages compute them.

Needs torch, torchvision, transformers, pyyaml and safetensors. See golden_case.py for what a case holds and
transformer_models.py for the networks.
"""

import json
from pathlib import Path

import numpy
import torch
import yaml
from safetensors.numpy import save_file

from golden_case import clear
from training_formulas import name_stream, noise_of_shape
from transformer_models import MODELS, build, clip_of, weights_of

HERE = Path(__file__).resolve().parent


def write(name):
    model, description, run = build(name, small=True)
    folder = HERE / "transformers" / name
    folder.mkdir(parents=True)
    given = clip_of(description)
    with torch.no_grad():
        expected = run(torch.from_numpy(given)).numpy()
    text = yaml.safe_dump(description, sort_keys=False, default_flow_style=None, width=200)
    (folder / "model.yaml").write_text(f"# Made by tests/golden/{Path(__file__).name}.\n{text}")
    save_file(weights_of(model), folder / "weights.safetensors")
    numpy.save(folder / "input.npy", given)
    numpy.save(folder / "output.npy", expected[:, :, None, None, None])
    (folder / "gradients.json").write_text(json.dumps(gradients(model, run, given), indent=1) + "\n")


def gradients(model, run, given):
    """Of the cross-entropy against class 1, by parameter: its length, and its product with that name's noise."""
    loss = torch.nn.functional.cross_entropy(run(torch.from_numpy(given)), torch.tensor([1]))
    loss.backward()
    names = dict(zip((name for name, _ in model.named_parameters()), weights_of(model)))
    shapes = {name: value.shape for name, value in weights_of(model).items()}
    numbers = {}
    for name, parameter in model.named_parameters():
        ours = names[name]
        gradient = parameter.grad.numpy().astype(numpy.float64).reshape(shapes[ours])
        noise = noise_of_shape(shapes[ours], name_stream(ours), 1.0)
        numbers[ours] = [float((gradient * noise).sum()), float(numpy.linalg.norm(gradient))]
    return {"loss": loss.item(), "gradients": numbers}


def main():
    clear(HERE / "transformers")
    for name in MODELS:
        if not name.endswith("_b") or name == "timesformer_b":
            write(name)


if __name__ == "__main__":
    main()
