#!/usr/bin/env python3
"""Makes tests/golden/training/*.json: PyTorch's losses, optimisers and whole networks in training.

Needs torch 2 and numpy. Run it anywhere; it writes beside itself. The tests compute the same inputs and
initial weights by training_formulas.py's formula, so only results stand in the files.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional

from training_formulas import noise_of_shape
from training_networks import network_records

FOLDER = Path(__file__).parent / "training"


def tensor(shape, stream, scale=1.0):
    return torch.from_numpy(noise_of_shape(shape, stream, scale))


def write(name, records):
    text = ",\n".join(json.dumps(record) for record in records)
    (FOLDER / name).write_text("[\n" + text + "\n]\n")


def numbers(values):
    return [float(f"{float(value):.9g}") for value in values.detach().flatten()]


CLIPS, CLASSES = 6, 5
LABELS = torch.tensor([0, 3, 4, 1, 1, 2])
CLASS_WEIGHTS = [0.5, 1.0, 2.0, 1.5, 0.25]


def loss_record(name, logits, targets, function, **options):
    logits = logits.double().requires_grad_()
    loss = function(logits)
    loss.backward()
    return {"name": name, **options, "shape": list(logits.shape), "logits": numbers(logits),
            "targets": numbers(targets), "loss": loss.item(), "gradient": numbers(logits.grad)}


def loss_records():
    logits = tensor((CLIPS, CLASSES), 1, 4)
    one_hot = functional.one_hot(LABELS, CLASSES).float()
    soft = torch.softmax(tensor((CLIPS, CLASSES), 2, 3), 1)
    weights = torch.tensor(CLASS_WEIGHTS).double()
    for smoothing in (0.0, 0.1):
        for weighted in (False, True):
            yield loss_record(
                f"labels, smoothing {smoothing}, weighted {weighted}", logits, one_hot,
                lambda z: functional.cross_entropy(z, LABELS, weight=weights if weighted else None,
                                                   label_smoothing=smoothing),
                kind="cross_entropy", smoothing=smoothing, weights=CLASS_WEIGHTS if weighted else [])
        yield loss_record(f"soft targets, smoothing {smoothing}", logits, soft,
                          lambda z: functional.cross_entropy(z, soft.double(), label_smoothing=smoothing),
                          kind="cross_entropy", smoothing=smoothing, weights=[])
    yield loss_record("large logits", logits * 200, one_hot,
                      lambda z: functional.cross_entropy(z, LABELS), kind="cross_entropy", smoothing=0.0,
                      weights=[])
    many = (tensor((CLIPS, CLASSES), 3) > 0).float()
    yield loss_record("many labels", logits, many,
                      lambda z: functional.binary_cross_entropy_with_logits(z, many.double()),
                      kind="sigmoid", smoothing=0.0, weights=[])
    yield loss_record("many labels, weighted", logits, many,
                      lambda z: functional.binary_cross_entropy_with_logits(z, many.double(), weight=weights),
                      kind="sigmoid", smoothing=0.0, weights=CLASS_WEIGHTS)
    yield loss_record("many labels, large logits", logits * 200, many,
                      lambda z: functional.binary_cross_entropy_with_logits(z, many.double()),
                      kind="sigmoid", smoothing=0.0, weights=[])
    one = logits[:, :1]
    second = (LABELS % 2).float()[:, None]
    yield loss_record("one output", one, second,
                      lambda z: functional.binary_cross_entropy_with_logits(z, second.double()),
                      kind="sigmoid", smoothing=0.0, weights=[])

    def as_two_classes(z):
        both = torch.cat([torch.zeros_like(z), z], 1)
        return functional.cross_entropy(both, LABELS % 2, weight=torch.tensor([2.0, 0.5]).double(),
                                        label_smoothing=0.1)

    yield loss_record("one output as two classes, weighted, smoothed", one, second, as_two_classes,
                      kind="sigmoid", smoothing=0.1, weights=[2.0, 0.5])


STEPS = 12


def optimizer_record(name, make, clip, **options):
    kernel = torch.nn.Parameter(tensor((5, 7), 10))
    bias = torch.nn.Parameter(tensor((5,), 11))
    optimizer = make([{"params": [kernel]}, {"params": [bias], "weight_decay": 0.0}])
    norms = []
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = 0.05 / (1 + step)
        kernel.grad = tensor((5, 7), 100 + 2 * step)
        bias.grad = tensor((5,), 101 + 2 * step)
        bound = clip if clip > 0 else float("inf")
        norms.append(float(torch.nn.utils.clip_grad_norm_([kernel, bias], bound)))
        optimizer.step()
    return {"name": name, **options, "clip_norm": clip, "norms": norms, "kernel": numbers(kernel),
            "bias": numbers(bias)}


def optimizer_records():
    for momentum, nesterov, decay, clip in ((0.0, False, 0.0, 0.0), (0.0, False, 0.1, 0.0),
                                            (0.9, False, 0.1, 0.0), (0.9, True, 0.1, 0.0),
                                            (0.9, True, 0.1, 2.5)):
        yield optimizer_record(
            f"sgd, momentum {momentum}, nesterov {nesterov}, decay {decay}, clip {clip}",
            lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=momentum, nesterov=nesterov,
                                           weight_decay=decay),
            clip, kind="sgd", momentum=momentum, nesterov=nesterov, weight_decay=decay)
    for beta1, beta2, decay, clip in ((0.9, 0.999, 0.0, 0.0), (0.9, 0.999, 0.1, 0.0), (0.8, 0.95, 0.1, 2.5)):
        yield optimizer_record(
            f"adamw, betas {beta1} {beta2}, decay {decay}, clip {clip}",
            lambda groups: torch.optim.AdamW(groups, lr=0.05, betas=(beta1, beta2), eps=1e-6,
                                             weight_decay=decay),
            clip, kind="adamw", beta1=beta1, beta2=beta2, epsilon=1e-6, weight_decay=decay)


PEAK = 0.4


def schedule_record(name, make, epochs, steps_per_epoch, options, measures=(), each="step"):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
    schedule = make(optimizer)
    rates = []
    for epoch in range(epochs):
        for _ in range(steps_per_epoch):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            if each == "step" and len(rates) < epochs * steps_per_epoch:
                schedule.step()
        if measures:
            schedule.step(measures[epoch])
        elif each == "epoch":
            schedule.step()
    return {"name": name, "peak": PEAK, "epochs": epochs, "steps_per_epoch": steps_per_epoch,
            "options": options, "measures": list(measures), "rates": rates}


def schedule_records():
    lr = torch.optim.lr_scheduler
    yield schedule_record("cosine", lambda o: lr.CosineAnnealingLR(o, 35, eta_min=0.01 * PEAK), 7, 5,
                          {"kind": "cosine", "final": 0.01})
    yield schedule_record("step", lambda o: lr.MultiStepLR(o, [2, 3, 6], 0.2), 7, 3,
                          {"kind": "step", "milestones": [2, 3, 6], "gamma": 0.2}, each="epoch")
    yield schedule_record("one cycle", lambda o: lr.OneCycleLR(o, PEAK, total_steps=40), 1, 40,
                          {"kind": "one_cycle", "rise": 0.3, "start": 1 / 25, "final": 1 / 25 / 1e4})
    measures = (0.1, 0.3, 0.3, 0.30005, 0.2, 0.1, 0.4, 0.39, 0.4, 0.38, 0.37, 0.36, 0.2, 0.1)
    yield schedule_record("plateau", lambda o: lr.ReduceLROnPlateau(o, "max", factor=0.3, patience=2,
                                                                    threshold_mode="abs", min_lr=0.05 * PEAK),
                          14, 2, {"kind": "plateau", "gamma": 0.3, "patience": 2, "final": 0.05}, measures,
                          "epoch")


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    write("losses.json", loss_records())
    write("optimizers.json", optimizer_records())
    write("schedules.json", schedule_records())
    write("networks.json", network_records())


if __name__ == "__main__":
    main()
