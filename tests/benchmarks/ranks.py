#!/usr/bin/env python3
"""Clips a second of ranks with one thread each beside one process of as many threads, in turn.

    tests/benchmarks/ranks.py RECIPE.yaml [--program build/actionflow] [--ranks 2] [--rounds 3] [--wire 8] [key=value ...]

Of each the best epoch of all rounds: on a machine that does something else, the others say nothing.

With --wire N the ranks are as two of N machines with 10 Gbit/s between them, 30 us away, and 10 us for each message
(slow_wire.cpp, which stands beside the program as slow_wire.so): each sends what one of N would send.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile


WIRE = "1.18e9 30e-6 10e-6"  # bytes a second, latency, seconds a message


def best_epoch(command, output):
    subprocess.run(command + [f"output={output}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = (pathlib.Path(output) / "metrics.jsonl").read_text().splitlines()
    return max(json.loads(line)["samples_per_second"] for line in lines)


def slowed(program, folder):
    """A copy of the program that finds the slow wire where it looks for MPI's module."""
    beside = pathlib.Path(program).resolve().parent
    folder.mkdir()
    for name, copy in (("actionflow", "actionflow"), ("slow_wire.so", "actionflow_mpi.so"),
                       ("actionflow_mpi.so", "actionflow_mpi_beneath.so")):
        shutil.copy(beside / name, folder / copy)
    return str(folder / "actionflow")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("words", nargs="*", help="key=value changes to the recipe")
    parser.add_argument("--program", default="build/actionflow")
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--wire", type=int, default=0)
    args = parser.parse_intermixed_args()
    train = [args.program, "train", args.recipe, "workers=1"] + args.words
    launch = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n", str(args.ranks)]
    alone, one = f"one process, {args.ranks} threads", ["threads=1"]
    ways = {
        alone: train + [f"threads={args.ranks}"],
        "ranks": launch + train + one,
        "ranks, micro_batch 4": launch + train + one + ["micro_batch=4"],
        "ranks, sum fast": launch + train + one + ["ranks.sum=fast"],
        "ranks, gradients bf16": launch + train + one + ["ranks.gradients=bf16"],
    }
    with tempfile.TemporaryDirectory() as folder:
        if args.wire:
            os.environ["SLOW_WIRE"] = f"{WIRE} {args.wire}"
            slow = [slowed(args.program, pathlib.Path(folder) / "slow")] + train[1:] + one
            ways = {name: ways[name] for name in (alone, "ranks", "ranks, micro_batch 4")}
            ways[f"as of {args.wire} machines"] = launch + slow
            ways[f"as of {args.wire} machines, micro_batch 4"] = launch + slow + ["micro_batch=4"]
        best = dict.fromkeys(ways, 0.0)
        cache = [f"data.cache.folder={folder}/cache"]
        for turn in range(args.rounds):
            for number, (name, command) in enumerate(ways.items()):
                best[name] = max(best[name], best_epoch(command + cache, f"{folder}/{turn}.{number}"))
    for name, speed in best.items():
        print(f"{name:36} {speed:8.2f} clips/s  {speed / best[alone]:5.2f}")


if __name__ == "__main__":
    main()
