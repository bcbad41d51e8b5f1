#!/usr/bin/env python3
"""Training steps beside PyTorch's: samples a second and peak memory, in turns on one machine.

  training.py --program BUILD/training_benchmark --python VENV/bin/python
              [--rounds 3] [--threads 2] [NETWORK:BATCH…]

A step is forward, backward and an update by SGD with momentum on random clips, after two to warm up; the median
of some steps counts. Each round starts both programs anew, one after the other, for each precision; PyTorch runs
in channels-last memory, bf16 by its autocast. What is printed is the median over the rounds of ours divided by
PyTorch's in the same round, and for memory the peak of what is resident over what was before the network was
built. With one thread, times are the processor's, so that others at work hardly count.

The other python needs torch and torchvision.
"""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import sys
import time

MODELS = pathlib.Path(__file__).resolve().parents[3] / "configs/models"
STEPS = {"r3d_18": 4}
DEFAULT_STEPS = 12


def networks():
    import torch
    from torch import nn
    from torchvision.models import video

    def stage(inputs, outputs):
        return [nn.Conv3d(inputs, outputs, 3, padding=1), nn.ReLU(), nn.BatchNorm3d(outputs), nn.MaxPool3d(2)]

    class CnnLstm(nn.Module):
        def __init__(self):
            super().__init__()
            layers = []
            for inputs, outputs in ((1, 32), (32, 64)):
                layers += [nn.Conv3d(inputs, outputs, 3, padding=(0, 1, 1)), nn.ReLU(), nn.MaxPool3d((1, 2, 2))]
            self.maps, self.lstm, self.fc = nn.Sequential(*layers), nn.LSTM(64, 128, batch_first=True), nn.Linear(128, 5)

        def forward(self, clip):
            steps = self.maps(clip).mean((3, 4)).transpose(1, 2)
            return self.fc(self.lstm(steps)[0][:, -1])

    def robust():
        return nn.Sequential(*stage(3, 16), *stage(16, 32), *stage(32, 64), nn.Flatten(), nn.Dropout(0.5),
                             nn.Linear(4096, 10))

    torch.manual_seed(0)
    return {
        "r3d_18": (lambda: video.r3d_18(num_classes=400), (3, 16, 112, 112)),
        "robust_3d": (robust, (3, 10, 64, 64)),
        "cnn_lstm": (CnnLstm, (1, 10, 128, 128)),
    }


def resident_mib():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def peer(network, batch, precision, threads):
    import torch

    torch.set_num_threads(threads)
    make, shape = networks()[network]
    clips = torch.randn(batch, *shape).to(memory_format=torch.channels_last_3d)
    labels = torch.arange(batch) % 5
    before = resident_mib()
    model = make().train().to(memory_format=torch.channels_last_3d)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_of(model(clips), labels)
        loss.backward()
        optimizer.step()

    clock = time.process_time if threads == 1 else time.perf_counter
    times = []
    for i in range(STEPS.get(network, DEFAULT_STEPS) + 2):
        start = clock()
        step()
        if i >= 2:
            times.append(clock() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    print(json.dumps({"samples_per_second": batch / statistics.median(times), "peak_mib": peak}))


def output_of(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(options, network, batch, precision):
    steps = STEPS.get(network, DEFAULT_STEPS)
    ours, theirs = [], []
    for _ in range(options.rounds):
        command = [options.program, MODELS / f"{network}.yaml", str(batch), str(options.threads), str(steps), "json"]
        ours.append(output_of(command + (["bf16"] if precision == "bf16" else [])))
        theirs.append(output_of([options.python, __file__, "--peer", network, str(batch), precision,
                                 "--threads", str(options.threads)]))
    def median(values):
        return statistics.median(values)
    speed = median([a["samples_per_second"] / b["samples_per_second"] for a, b in zip(ours, theirs)])
    memory = median([a["peak_mib"] / b["peak_mib"] for a, b in zip(ours, theirs)])
    print(f"{network:<10} batch {batch:<3} {precision:<4} samples/s {median([a['samples_per_second'] for a in ours]):8.2f}"
          f" beside {median([b['samples_per_second'] for b in theirs]):8.2f}, ratio {speed:5.2f};"
          f" peak MiB {median([a['peak_mib'] for a in ours]):6.0f} beside {median([b['peak_mib'] for b in theirs]):6.0f},"
          f" ratio {memory:4.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precisions", default="f32,bf16")
    parser.add_argument("--peer", nargs=3, metavar=("NETWORK", "BATCH", "PRECISION"), help=argparse.SUPPRESS)
    parser.add_argument("networks", nargs="*", metavar="NETWORK:BATCH")
    options = parser.parse_args()
    if options.peer:
        return peer(options.peer[0], int(options.peer[1]), options.peer[2], options.threads)
    if not options.program:
        parser.error("--program is needed")
    for entry in options.networks or ["r3d_18:4", "robust_3d:16", "cnn_lstm:16"]:
        network, batch = entry.split(":")
        for precision in options.precisions.split(","):
            compare(options, network, int(batch), precision)


if __name__ == "__main__":
    main()
