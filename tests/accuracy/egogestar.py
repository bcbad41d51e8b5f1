#!/usr/bin/env python3
"""Accuracy on EgoGestAR, as docs/accuracy.md has it: trains every network with several seeds on train.txt and
tests each once on test.txt, then trains five times on train.txt less a fifth of its scenes and tests on those.

    actionflow generate HANDS --scene hands --clips 4400
    egogestar.py DATA HANDS [--program build/actionflow] [--networks air_cnn3d air_fusion …] [--seeds 1 2 3]
                 [--folds 5] [--out FOLDER] [--keep key=value …]

Every network begins with weights from the drawn hands (configs/training/hands.yaml), the CNN-LSTM there with the
3D-CNN's convolutions. Runs that stand in --out already are not repeated. Standard library only.
"""

import argparse
import json
import math
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPES = ROOT / "configs/training"
# On the drawn hands: what some networks' recipe changes, and with whose weights they begin.
HANDS_CHANGES = {"air_cnn_lstm": ["epochs=6", "init.skip=[fc.*]"], "air_tiny": ["epochs=20"]}
HANDS_FIRST = {"air_cnn_lstm": "air_cnn3d"}


def wilson(right, count, z=1.96):
    """Wilson's interval of a share at 95 %."""
    share = right / count
    middle = share + z * z / (2 * count)
    reach = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [(middle + sign * reach) / (1 + z * z / count) for sign in (-1, 1)]


class Runs:
    def __init__(self, options):
        self.options = options

    def run(self, network, name, *changes, perturb=False):
        """Trains on the real clips and tests once."""
        return self.train_and_test(RECIPES / "egogestar.yaml", self.options.data, network, name,
                                   f"init.weights={self.hands(network)}", *changes, perturb=perturb)

    def hands(self, network):
        """Weights from the drawn hands."""
        changes = list(HANDS_CHANGES.get(network, []))
        if network in HANDS_FIRST:
            changes.append(f"init.weights={self.hands(HANDS_FIRST[network])}")
        self.train_and_test(RECIPES / "hands.yaml", self.options.hands, network, "hands", *changes)
        return self.options.out / network / "hands/best.safetensors"

    def train_and_test(self, recipe, data, network, name, *changes, perturb=False):
        """What `evaluate --json` says, with the training's seconds."""
        output = self.options.out / network / name
        result = output / "evaluation.json"
        if result.exists():
            return json.loads(result.read_text())
        arguments = [recipe, f"data.root={data}", f"model={ROOT}/configs/models/{network}.yaml", f"output={output}",
                     *changes, *self.options.keep]
        started = time.monotonic()
        resume = ["--resume"] if (output / "last.safetensors").exists() else []
        self.call("train", *arguments, *resume)
        seconds = time.monotonic() - started
        answer = json.loads(self.call("evaluate", *arguments, "--json", *(["--perturb"] if perturb else [])))
        answer["training_seconds"] = seconds
        result.write_text(json.dumps(answer))
        return answer

    def call(self, *arguments):
        command = [str(self.options.program), *map(str, arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
        return done.stdout


def right(answer):
    return round(answer["top1"] * answer["clips"])


def share_text(count, of):
    low, high = wilson(count, of)
    return f"{count}/{of} = {100 * count / of:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def seeds_row(runs, network, seeds):
    answers = [runs.run(network, f"seed{seed}", f"seed={seed}", perturb=True) for seed in seeds]
    cells = ["; ".join(share_text(right(a), a["clips"]) for a in answers)]
    rejected = [a["auroc"] for a in answers if "auroc" in a]
    cells.append(f"{mean(rejected):.3f}" if rejected else "")
    for name in answers[0].get("perturbed", {}):
        cells.append(f"{100 * mean(a['perturbed'][name] for a in answers):.1f} %")
    cells.append(f"{max(a['training_seconds'] for a in answers) / 60:.1f} min")
    return list(answers[0].get("perturbed", {})), cells


def folds_cell(runs, network, folds):
    answers = [runs.run(network, f"fold{fold}", f"data.folds={folds}", f"data.fold={fold}") for fold in range(folds)]
    return share_text(sum(map(right, answers)), sum(a["clips"] for a in answers))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="EgoGestAR")
    parser.add_argument("hands", type=pathlib.Path, help="the drawn hands")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/actionflow")
    parser.add_argument("--networks", nargs="+", default=["air_cnn3d", "air_fusion", "air_cnn_lstm", "air_tiny"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--folds", type=int, default=5, help="0: none")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out/egogestar")
    parser.add_argument("--keep", nargs="*", default=[], metavar="KEY=VALUE", help="changes to the recipe")
    options = parser.parse_args()
    options.data, options.hands = options.data.resolve(), options.hands.resolve()
    runs = Runs(options)
    print("| network | " + (f"{options.folds} folds of scenes" if options.folds else "") + " |")
    for network in options.networks:
        if options.folds:
            print(f"| {network} | {folds_cell(runs, network, options.folds)} |", flush=True)
    for network in options.networks:
        if options.seeds:
            names, cells = seeds_row(runs, network, options.seeds)
            print(f"| {network} | " + " | ".join(cells) + " |   (test; AUROC; " + ", ".join(names) + "; training)",
                  flush=True)


main()
