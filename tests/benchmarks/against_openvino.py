"""Our milliseconds a clip beside OpenVINO's, alternating in one run.

    python against_openvino.py BUILD_FOLDER MODEL.yaml MODEL.onnx [--threads 2] [--rounds 7] [--seconds 3]

Needs the Python packages openvino and numpy. The ONNX file is the same network, exported from PyTorch with a
fixed batch of one. Both run random input, f32, the same number of threads; each round times both for the
given seconds and the medians of the rounds' medians are compared, so a machine that slows down slows both. With
one thread the times are the processor's, which others at work hardly move. Both are held to AVX2 by the environment:

    ACTIONFLOW_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OV_CPU_MAX_ISA=AVX2 python against_openvino.py ...
"""
import argparse
import json
import statistics
import subprocess
import time

import numpy as np
import openvino as ov


def openvino_runner(path, threads):
    core = ov.Core()
    model = core.read_model(path)
    shape = list(model.inputs[0].shape)
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    clip = np.random.RandomState(0).randn(*shape).astype("f4")
    return lambda: request.infer({0: clip})


def median_ms(run, seconds, threads):
    clock = time.process_time if threads == 1 else time.perf_counter
    run()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 3:
        start = clock()
        run()
        times.append((clock() - start) * 1e3)
    return statistics.median(times)


def our_median_ms(arguments):
    out = subprocess.run(
        [f"{arguments.build}/network_benchmark", arguments.model, str(arguments.threads), str(arguments.seconds), "json"],
        check=True, capture_output=True, text=True).stdout
    return json.loads(out)["median_ms"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("model")
    parser.add_argument("onnx")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    arguments = parser.parse_args()
    theirs = openvino_runner(arguments.onnx, arguments.threads)
    rounds = [(our_median_ms(arguments), median_ms(theirs, arguments.seconds, arguments.threads)) for _ in range(arguments.rounds)]
    ours_ms = statistics.median(r[0] for r in rounds)
    theirs_ms = statistics.median(r[1] for r in rounds)
    ratios = sorted(a / b for a, b in rounds)
    print(f"{arguments.model}: ours {ours_ms:.2f} ms, OpenVINO {ov.__version__.split('-')[0]} {theirs_ms:.2f} ms, "
          f"ratio {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f} in {len(ratios)} rounds)")


if __name__ == "__main__":
    main()
