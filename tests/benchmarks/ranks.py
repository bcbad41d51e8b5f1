#!/usr/bin/env python3
"""Clips a second of ranks with one thread each beside one process of as many threads, in turn.

    tests/benchmarks/ranks.py RECIPE.yaml [--program build/actionflow] [--ranks 2] [--rounds 3] [key=value ...]

Of each the best epoch of all rounds: on a machine that does something else, the others say nothing.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile


def best_epoch(command, output):
    subprocess.run(command + [f"output={output}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = (pathlib.Path(output) / "metrics.jsonl").read_text().splitlines()
    return max(json.loads(line)["samples_per_second"] for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("words", nargs="*", help="key=value changes to the recipe")
    parser.add_argument("--program", default="build/actionflow")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    train = [args.program, "train", args.recipe, "workers=1"] + args.words
    launch = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", str(args.ranks)]
    ways = {
        f"one process, {args.ranks} threads": train + [f"threads={args.ranks}"],
        "ranks": launch + train + ["threads=1"],
        "ranks, micro_batch 4": launch + train + ["threads=1", "micro_batch=4"],
        "ranks, sum fast": launch + train + ["threads=1", "ranks.sum=fast"],
        "ranks, gradients bf16": launch + train + ["threads=1", "ranks.gradients=bf16"],
    }
    best = dict.fromkeys(ways, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        cache = [f"data.cache.folder={folder}/cache"]
        for turn in range(args.rounds):
            for number, (name, command) in enumerate(ways.items()):
                best[name] = max(best[name], best_epoch(command + cache, f"{folder}/{turn}.{number}"))
    alone = next(iter(best.values()))
    for name, speed in best.items():
        print(f"{name:24} {speed:8.2f} clips/s  {speed / alone:5.2f}")


if __name__ == "__main__":
    main()
