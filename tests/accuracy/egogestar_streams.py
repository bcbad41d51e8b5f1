#!/usr/bin/env python3
"""Accuracy on EgoGestAR as streams, as docs/accuracy.md has it: trains configs/training/egogestar_stream.yaml five
times on train.txt less a fifth of its scenes and hears those scenes joined to streams, then with several seeds on
train.txt and hears test.txt's clips, joined with the movements of unknown.txt, once each.

    egogestar_streams.py DATA [--program build/actionflow] [--seeds 1 2 3] [--folds 5] [--out FOLDER]
                         [--keep key=value …]

Thresholds are those that training chose on scenes that its members held out of train.txt. Runs that stand in --out already are not
repeated. Standard library only.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECIPE = ROOT / "configs/training/egogestar_stream.yaml"


def call(program, *arguments):
    command = [str(program), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def trained(options, name, *changes):
    """What `evaluate --json` says of the streams, with the training's seconds."""
    output = options.out / name
    result = output / "evaluation.json"
    if result.exists():
        return json.loads(result.read_text())
    arguments = [RECIPE, f"data.root={options.data}", f"output={output}", *changes, *options.keep]
    started = time.monotonic()
    call(options.program, "train", *arguments, *(["--resume"] if (output / "last.safetensors").exists() else []))
    seconds = time.monotonic() - started
    answer = json.loads(call(options.program, "evaluate", *arguments, "--json"))["streams"]
    answer["training_seconds"] = seconds
    result.write_text(json.dumps(answer))
    return answer


def row(name, answer):
    end = answer["delay"]["end"]
    delay = " / ".join("–" if end[p] is None else f"{end[p]:.2f}" for p in ("p50", "p90"))
    print(f"| {name} | {answer['actions']} | {answer['levenshtein_accuracy']:.3f} | {answer['precision']:.3f} | "
          f"{answer['recall']:.3f} | {answer['f1']['0.5']:.3f} | {answer['map']:.3f} | {delay} | {answer['overlap'] or 0:.2f} | "
          f"{answer['unknown']['with_event']} of {answer['unknown']['movements']} | {answer['training_seconds'] / 60:.1f} min |",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, help="EgoGestAR")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/actionflow")
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--folds", type=int, default=5, help="0: none")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "out/egogestar_streams")
    parser.add_argument("--keep", nargs="*", default=[], metavar="KEY=VALUE", help="changes to the recipe")
    options = parser.parse_args()
    options.data, options.out = options.data.resolve(), options.out.resolve()
    print("| streams of | actions | Levenshtein accuracy | precision | recall | F1 at 0.5 | mAP | "
          "seconds after the end (p50 / p90) | overlap | unknown movements with an event | training |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for fold in range(options.folds):
        row(f"fold {fold}", trained(options, f"fold{fold}", f"data.folds={options.folds}", f"data.fold={fold}",
                                     "data.unknown="))
    for seed in options.seeds:
        row(f"test, seed {seed}", trained(options, f"seed{seed}", f"seed={seed}"))


main()
