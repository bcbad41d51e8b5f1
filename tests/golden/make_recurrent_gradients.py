#!/usr/bin/env python3
"""Makes tests/golden/training/recurrent.json: PyTorch's values and gradients of LSTM and GRU, in float64.

Needs torch 2 and numpy. Inputs, weights and the gradient of the value come from training_formulas.py (streams
1 to 5: input, kernel, recurrent kernel, bias, gradient), so only results stand in the file. Weights and
gradients are in this project's form: Keras' gates, rows of gates x units. What torch.nn has no cell for
(hard_sigmoid, a reset gate before the recurrent product) is written out here, and torch differentiates it.
"""

import json
from pathlib import Path

import torch

from training_formulas import noise_of_shape

CLIPS, STEPS, CHANNELS, UNITS = 2, 4, 5, 3


def tensor(shape, stream, scale=1.0):
    return torch.from_numpy(noise_of_shape(shape, stream, scale)).double().requires_grad_()


def numbers(values):
    return [float(f"{float(value):.9g}") for value in values.detach().flatten()]


def torch_gates(cell, rows):
    """Ours z, r, h to torch's r, z, n; an LSTM's are the same."""
    if cell == "lstm":
        return rows
    z, r, h = rows.chunk(3)
    return torch.cat([r, z, h])


def run_module(cell, steps, kernel, recurrent, bias):
    """`steps` is N x T x C; the state after each step."""
    module = (torch.nn.LSTM if cell == "lstm" else torch.nn.GRU)(CHANNELS, UNITS, batch_first=True).double()
    second = bias[1] if cell == "gru" else torch.zeros_like(bias)
    first = bias[0] if cell == "gru" else bias
    weights = {"weight_ih_l0": torch_gates(cell, kernel), "weight_hh_l0": torch_gates(cell, recurrent),
               "bias_ih_l0": torch_gates(cell, first), "bias_hh_l0": torch_gates(cell, second)}
    return torch.func.functional_call(module, weights, steps)[0]


def hard_sigmoid(x):
    return torch.clip(0.2 * x + 0.5, 0, 1)


def run_formulas(cell, steps, kernel, recurrent, bias):
    """hard_sigmoid gates; a GRU's reset gate multiplies the state that goes into the product."""
    state = memory = torch.zeros(CLIPS, UNITS, dtype=torch.float64)
    states = []
    for x in steps.unbind(1):
        gates = x @ kernel.T + bias
        if cell == "lstm":
            i, f, c, o = (gates + state @ recurrent.T).chunk(4, 1)
            memory = hard_sigmoid(f) * memory + hard_sigmoid(i) * torch.tanh(c)
            state = hard_sigmoid(o) * torch.tanh(memory)
        else:
            early, candidate = recurrent[:2 * UNITS], recurrent[2 * UNITS:]
            z, r = hard_sigmoid(gates[:, :2 * UNITS] + state @ early.T).chunk(2, 1)
            h = torch.tanh(gates[:, 2 * UNITS:] + (r * state) @ candidate.T)
            state = z * state + (1 - z) * h
        states.append(state)
    return torch.stack(states, 1)


def record(cell, hard, backward, sequence):
    rows = (4 if cell == "lstm" else 3) * UNITS
    reset_after = cell == "gru" and not hard
    inputs = tensor((CLIPS, CHANNELS, STEPS), 1)
    kernel, recurrent = tensor((rows, CHANNELS), 2), tensor((rows, UNITS), 3)
    bias = tensor((2, rows) if reset_after else (rows,), 4)
    steps = inputs.transpose(1, 2)
    if backward:
        steps = steps.flip(1)
    states = (run_formulas if hard else run_module)(cell, steps, kernel, recurrent, bias)
    if not sequence:
        states = states[:, -1:]
    elif backward:
        states = states.flip(1)
    value = states.transpose(1, 2)
    value.backward(tensor(value.shape, 5).detach())
    return {"cell": cell, "hard_sigmoid": hard, "reset_after": reset_after, "backward": backward,
            "sequence": sequence, "value": numbers(value), "input": numbers(inputs.grad),
            "kernel": numbers(kernel.grad), "recurrent_kernel": numbers(recurrent.grad),
            "bias": numbers(bias.grad)}


def main():
    records = [record(cell, hard, *direction) for cell in ("lstm", "gru") for hard in (False, True)
               for direction in ((False, False), (False, True), (True, False), (True, True))]
    text = ",\n".join(json.dumps({"clips": CLIPS, "steps": STEPS, "channels": CHANNELS, "units": UNITS,
                                  **values}) for values in records)
    (Path(__file__).parent / "training" / "recurrent.json").write_text("[\n" + text + "\n]\n")


if __name__ == "__main__":
    main()
