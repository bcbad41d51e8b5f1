#!/usr/bin/env python3
"""cameras.py PROGRAM [--seconds S]: what a machine holds of cameras, beside the goals for two cores.

Eight films of 720p at 25 pictures a second (H.264, made by ffmpeg) are watched by the stream network that ships with
the project, then sixteen, half of them of a scene in which nothing moves; then the memory of one camera and of nine.
Prints a line a goal, and ends with 1 where one is missed. Where other programs had the processors, no figure counts, and
it ends with 2.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WEIGHTS = os.path.join(ROOT, "configs/weights/action_stream.safetensors")
GRAPH = """graph:
  frames: {node: decode}
  clips: {node: window, from: frames, hop: 1}
  net: {node: cnn_lstm, from: clips, weights: %s}
  actions: {node: events, from: net}
""" % WEIGHTS
MOST_P99_MS = 300
MOST_MIB_A_CAMERA = 15


def film(path, still):
    """Ten seconds; in a still one a picture of noise stands, as cameras at rest send it."""
    source = "color=gray:s=1280x720:r=25" if still else "testsrc2=s=1280x720:r=25"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "10", "-vf",
                    "noise=alls=6:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", "50", "-b:v",
                    "2600k", "-pix_fmt", "yuv420p", path], check=True)


def write(path, streams):
    with open(path, "w") as file:
        file.write("streams:\n" + "".join("  %s: %s\n" % each for each in streams) + GRAPH)


def held(program, pipeline, cameras, seconds):
    """The trial of so many cameras, and whether others disturbed it."""
    out = subprocess.run([program, "benchmark", "--cameras", "--json", "--most", str(cameras), "--seconds",
                          str(seconds), pipeline], check=True, stdout=subprocess.PIPE).stdout
    found = json.loads(out)
    trials = [each for each in found["trials"] if each["cameras"] == cameras]
    return trials[-1] if trials else found, found["disturbed"]


def resident_mib(program, folder, moving, cameras, seconds):
    """Of a run of so many cameras, at its highest after it has settled."""
    pipeline = os.path.join(folder, "memory.yaml")
    metrics = os.path.join(folder, "metrics.prom")
    write(pipeline, [("c%d" % i, "{source: %s, realtime: true, loop: true}" % moving) for i in range(cameras)])
    with open(pipeline, "a") as file:
        file.write("metrics: {file: %s, every: 1 s}\n" % metrics)
    run = subprocess.Popen([program, "classify", "--json", pipeline], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    highest, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
        if os.path.exists(metrics):
            with open(metrics) as file:
                found = re.search(r"^process_resident_memory_bytes (\S+)", file.read(), re.M)
            highest = max(highest, float(found.group(1))) if found else highest
    run.terminate()
    run.wait()
    os.remove(metrics)
    return highest / 2**20


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("program")
    arguments.add_argument("--seconds", type=float, default=10, help="for each number of cameras")
    given = arguments.parse_args()
    reached, disturbed = True, False

    def tell(what, good):
        nonlocal reached
        reached = reached and good
        print("%-7s %s" % ("reached" if good else "MISSED", what), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        moving, still = (os.path.join(folder, name) for name in ("moving.mp4", "still.mp4"))
        film(moving, False)
        film(still, True)
        pipeline = os.path.join(folder, "cameras.yaml")
        for cameras, films in ((8, [("moving", moving)]), (16, [("moving", moving), ("still", still)])):
            write(pipeline, films)
            trial, busy = held(given.program, pipeline, cameras, given.seconds)
            disturbed = disturbed or busy
            what = "%d cameras%s: %d windows, %d dropped, p50 %.0f ms, p99 %.0f ms, %.0f %% of the processors" % (
                cameras, ", half of them still" if len(films) > 1 else "", trial["windows"], trial["dropped"],
                trial["latency_ms"]["p50"], trial["latency_ms"]["p99"], 100 * trial["processor_share"])
            tell(what, trial["cameras"] == cameras and trial["windows"] > 0 and trial["dropped"] == 0 and
                 trial["latency_ms"]["p99"] < MOST_P99_MS)
        one, nine = (resident_mib(given.program, folder, moving, n, max(8, given.seconds)) for n in (1, 9))
        tell("memory: %.0f MiB with one camera, %.0f with nine, %.1f a camera with its decoder" %
             (one, nine, (nine - one) / 8), 0 < (nine - one) / 8 < MOST_MIB_A_CAMERA)
    if disturbed:
        print("other programs had the processors meanwhile: none of this counts")
        sys.exit(2)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
