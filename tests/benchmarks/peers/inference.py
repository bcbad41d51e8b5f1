#!/usr/bin/env python3
"""Milliseconds a clip, ours beside OpenVINO's, ONNX Runtime's and PyTorch's, in turn on one machine.

  inference.py BUILD_FOLDER [NETWORK…] [--precisions f32,bf16] [--threads 2] [--rounds 5] [--seconds 3]
               [--runtimes openvino,onnxruntime,pytorch] [--json FILE]

A network is the name of a file in configs/models. It is given random weights and written as ONNX, which OpenVINO and
ONNX Runtime open; PyTorch runs torchvision's own network where it has that. Each round times every runtime for so many
seconds, one after the other, so that a machine that slows down slows all; what is printed are each one's median and
least milliseconds, and ours divided by the fastest other's in the same round: median, from and to. With one thread,
times are the processor's, so that others at work hardly count. Ratios alone mean anything on another machine.

Runs in a Python with the packages that are to be compared (openvino, onnxruntime, torch, torchvision); those that are
missing are left out, and said. All are held to AVX2, PyTorch apart, by the environment:

  ACTIONFLOW_ISA=avx2 ONEDNN_MAX_CPU_ISA=AVX2 OV_CPU_MAX_ISA=AVX2 inference.py … --runtimes openvino
"""
import argparse
import importlib.metadata
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

MODELS = pathlib.Path(__file__).resolve().parents[3] / "configs/models"
NETWORKS = ["r3d_18", "mc3_18", "r2plus1d_18", "s3d", "x3d_s", "lrcn_r18", "cnn_lstm", "robust_3d"]
PACKAGES = {"openvino": "openvino", "onnxruntime": "onnxruntime", "pytorch": "torch"}


class Unsuited(Exception):
    """The runtime has no such network or precision."""


def random_clip(shape):
    import numpy

    return numpy.random.RandomState(0).randn(*shape).astype("f4")


def openvino_runner(network, precision, threads):
    import openvino

    core = openvino.Core()
    model = core.read_model(network.onnx)
    model.reshape(network.shape)
    if precision == "int8":
        import nncf

        model = nncf.quantize(model, nncf.Dataset([random_clip(network.shape)] * 4), subset_size=4)
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32", "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"})
    request, clip = compiled.create_infer_request(), random_clip(network.shape)
    return lambda: request.infer({0: clip})


def onnxruntime_runner(network, precision, threads):
    import onnxruntime

    if precision != "f32":
        raise Unsuited("f32 alone is compared")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(network.onnx, options, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: random_clip(network.shape)}
    return lambda: session.run(None, inputs)


def pytorch_runner(network, precision, threads):
    import torch
    from torchvision.models import video

    if not hasattr(video, network.name) or precision == "int8":
        raise Unsuited("torchvision has no such network in " + precision)
    torch.set_num_threads(threads)
    type_of = torch.bfloat16 if precision == "bf16" else torch.float32
    layout = {"memory_format": torch.channels_last_3d}
    model = getattr(video, network.name)().eval().to(dtype=type_of, **layout)
    clip = torch.from_numpy(random_clip(network.shape)).to(dtype=type_of, **layout)

    def run():
        with torch.no_grad():
            model(clip)
    return run


RUNNERS = {"openvino": openvino_runner, "onnxruntime": onnxruntime_runner, "pytorch": pytorch_runner}


class Network:
    def __init__(self, name, onnx, shape):
        self.name, self.onnx, self.shape = name, onnx, shape


def serve(runtime, network, precision, threads):
    """A runtime in a process of its own, which times a round at each line that it reads."""
    try:
        run = RUNNERS[runtime](network, precision, threads)
        run()
    except Exception as error:  # whatever a runtime throws is why it takes no part
        print(json.dumps({"unsuited": str(error).splitlines()[0][:120]}), flush=True)
        return
    print("{}", flush=True)
    clock = time.process_time if threads == 1 else time.perf_counter
    for line in sys.stdin:
        times, end = [], time.perf_counter() + float(line)
        while time.perf_counter() < end or len(times) < 3:
            start = clock()
            run()
            times.append((clock() - start) * 1e3)
        print(json.dumps({"median_ms": statistics.median(times), "minimum_ms": min(times)}), flush=True)


class Peer:
    def __init__(self, runtime, network, precision, threads):
        self.runtime = runtime
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", runtime, network.name, network.onnx, json.dumps(network.shape), precision,
             "--threads", str(threads), "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True)
        self.unsuited = self.answer().get("unsuited")

    # What a runtime prints on its own is passed over.
    def answer(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        return {"unsuited": "ended"}

    def round(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def ours(options, network, precision, *words):
    command = [f"{options.build}/network_benchmark", MODELS / f"{network}.yaml", str(options.threads), str(options.seconds)]
    command += ["json", *words] + ([] if precision == "f32" else [precision])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def summary(rounds):
    return {"median_ms": statistics.median(r["median_ms"] for r in rounds),
            "minimum_ms": min(r["minimum_ms"] for r in rounds)}


def ratios(rounds, peers, key):
    return sorted(r["ours"][key] / min(r[p][key] for p in peers) for r in rounds)


def compare(options, name, precision, folder):
    onnx = f"{folder}/{name}.onnx"
    shape = ours(options, name, "f32", f"onnx={onnx}")["shape"]
    network = Network(name, onnx, shape)
    peers = [Peer(runtime, network, precision, options.threads) for runtime in options.runtimes]
    taking_part = [peer for peer in peers if not peer.unsuited]
    rounds = []
    for _ in range(options.rounds):
        rounds.append({"ours": ours(options, name, precision)} |
                      {peer.runtime: peer.round(options.seconds) for peer in taking_part})
    for peer in peers:
        peer.end()
    names = [peer.runtime for peer in taking_part]
    result = {"network": name, "precision": precision,
              "milliseconds": {runtime: summary([r[runtime] for r in rounds]) for runtime in ["ours", *names]},
              "left_out": {peer.runtime: peer.unsuited for peer in peers if peer.unsuited}}
    if names:
        spread = ratios(rounds, names, "median_ms")
        result["ratio"] = {"median": statistics.median(spread), "from": spread[0], "to": spread[-1],
                           "of_minima": statistics.median(ratios(rounds, names, "minimum_ms"))}
    return result


def cell(times):
    return f"{times['median_ms']:.2f} ({times['minimum_ms']:.2f})" if times else "–"


def row(result, runtimes):
    cells = [f"`{result['network']}`", result["precision"]]
    cells += [cell(result["milliseconds"].get(runtime)) for runtime in ["ours", *runtimes]]
    ratio = result.get("ratio")
    cells.append(f"{ratio['median']:.2f} ({ratio['from']:.2f} – {ratio['to']:.2f}), minima {ratio['of_minima']:.2f}" if ratio else "–")
    return "| " + " | ".join(cells) + " |"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def version_of(runtime):
    try:
        return importlib.metadata.version(PACKAGES[runtime])
    except importlib.metadata.PackageNotFoundError:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--precisions", default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--runtimes", default=",".join(RUNNERS))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--serve", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        runtime, name, onnx, shape, precision = options.serve
        return serve(runtime, Network(name, onnx, json.loads(shape)), precision, options.threads)
    wanted = options.runtimes.split(",")
    for runtime in wanted:
        if runtime not in RUNNERS:
            parser.error(f"'{runtime}' is none of {', '.join(RUNNERS)}")
        if version_of(runtime) is None:
            print(f"left out: {runtime}, whose package {PACKAGES[runtime]} is not installed", file=sys.stderr)
    options.runtimes = [runtime for runtime in wanted if version_of(runtime)]
    versions = ", ".join(f"{runtime} {version_of(runtime)}" for runtime in options.runtimes)
    print(f"{processor()}, {options.threads} threads, {options.rounds} rounds of {options.seconds:g} s; {versions}; milliseconds a "
          "clip, median (least)\n")
    print("| network | precision | ours | " + " | ".join(options.runtimes) + " | ours / fastest other |")
    print("|---" * (4 + len(options.runtimes)) + "|", flush=True)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            for precision in options.precisions.split(","):
                results.append(compare(options, name, precision, folder))
                print(row(results[-1], options.runtimes), flush=True)
    for result in results:
        for runtime, why in result["left_out"].items():
            print(f"{result['network']} {result['precision']}: {runtime} takes no part: {why}", file=sys.stderr)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"processor": processor(), "threads": options.threads,
                                                          "versions": versions, "results": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
