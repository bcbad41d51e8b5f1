#!/usr/bin/env python3
"""What it costs to go through a folder in shares, beside one process that writes one table.

    tests/benchmarks/shares.py FOLDER --weights FILE [--program build/actionflow] [--rounds 3] [--shares 2]

All of them find the same. One process goes through the folder, writing a table; through the same into a folder of results
that others might share; and as many processes as there are shares do so one after another, so that each has the whole
machine. Then they do it at the same time, each with its part of the processors. Of each the least seconds of all rounds,
of the clock and of processors.
"""
import argparse
import os
import pathlib
import subprocess
import tempfile
import time


def run(commands, together):
    begun, processors = time.perf_counter(), 0.0
    waiting = []
    for command in commands:
        waiting.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        if not together:
            processors += ended(waiting.pop())
    processors += sum(ended(process) for process in waiting)
    return time.perf_counter() - begun, processors


def ended(process):
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(process.args)} failed")
    return usage.ru_utime + usage.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--program", default="build/actionflow")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--shares", type=int, default=2)
    args = parser.parse_args()
    base = [args.program, "classify", args.folder, "--weights", args.weights]
    each = max(1, len(os.sched_getaffinity(0)) // args.shares)
    best = {}
    with tempfile.TemporaryDirectory() as temporary:
        for turn in range(args.rounds):
            folder = pathlib.Path(temporary) / str(turn)
            folder.mkdir()

            def shares(name, *more):
                return [base + ["--output", f"{folder}/{name}/", "--shard", f"{k}/{args.shares}", *more]
                        for k in range(args.shares)]

            ways = {
                "one table": ([base + ["--output", f"{folder}/found.csv"]], False),
                "a folder of results": ([base + ["--output", f"{folder}/found/"]], False),
                f"{args.shares} shares in turn": (shares("turns"), False),
                f"{args.shares} shares together": (shares("together", "--workers", str(each), "--threads", "1"), True),
            }
            for name, (commands, together) in ways.items():
                seconds = run(commands, together)
                best[name] = tuple(map(min, seconds, best.get(name, seconds)))
    alone = best["one table"]
    for name, seconds in best.items():
        print(f"{name:20} {seconds[0]:7.2f} s ({seconds[0] / alone[0]:.3f})  of processors {seconds[1]:7.2f} s "
              f"({seconds[1] / alone[1]:.3f})")


if __name__ == "__main__":
    main()
