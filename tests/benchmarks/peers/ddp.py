#!/usr/bin/env python3
"""Training on two ranks of one thread each beside PyTorch's DDP over gloo, in turns on one machine.

  ddp.py DATASET --program build/actionflow --python VENV/bin/python
         [--network r3d_18] [--batch 8] [--clips 48] [--epochs 2] [--rounds 3] [--ranks 2] [key=value ...]

DATASET is a folder as `actionflow generate` writes it; the first videos of its train.txt are trained on, mirrored at
random, by SGD with momentum in f32. Ours reads frames from its cache while it trains; PyTorch has them in memory, decoded
by ffmpeg before the clock runs, and computes in channels-last memory. Of each the best epoch of a round counts, clips
a second of all ranks together; what is printed is the median over the rounds, and that of ours divided by PyTorch's
in the same round. DDP norms each rank's half of a batch for itself; ours has batch norm over the whole batch, unless
`batch_norm=frozen` stands among the changes to its recipe.

The other python needs torch and torchvision.
"""
import argparse
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from training import MODELS, networks  # noqa: E402

RATES = {"r3d_18": 15, "robust_3d": 10}


def listed(dataset, split, clips):
    return [line.rsplit(" ", 1) for line in (dataset / f"{split}.txt").read_text().splitlines()[:clips]]


def recipe(options, folder):
    lists = pathlib.Path(folder)
    for split, clips in (("train", options.clips), ("val", 1), ("test", 1)):
        rows = listed(options.dataset, split, clips)
        (lists / f"{split}.txt").write_text("".join(f"{path} {label}\n" for path, label in rows))
    file = lists / "recipe.yaml"
    file.write_text(json.dumps({
        "model": str(MODELS / f"{options.network}.yaml"),
        "data": {"root": str(options.dataset), "classes": str(options.dataset / "classes.txt"),
                 "train": str(lists / "train.txt"), "val": str(lists / "val.txt"), "test": str(lists / "test.txt"),
                 "cache": {"folder": str(lists / "cache")}, "augment": {"flip": 0.5}},
        "output": str(lists / "out"), "epochs": options.epochs, "batch": options.batch, "seed": 1, "threads": 1,
        "workers": 1, "optimizer": {"kind": "sgd", "learning_rate": 1e-3, "momentum": 0.9}}))
    return file


def ours(options, file, output):
    done = subprocess.run(["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "-n",
                           str(options.ranks), options.program, "train", file, f"output={output}", *options.words],
                          capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    lines = (pathlib.Path(output) / "metrics.jsonl").read_text().splitlines()
    return max(json.loads(line)["samples_per_second"] for line in lines)


def theirs(options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ranks = []
    for rank in range(options.ranks):
        environment = dict(os.environ, MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), RANK=str(rank),
                           WORLD_SIZE=str(options.ranks), OMP_NUM_THREADS="1")
        ranks.append(subprocess.Popen(
            [options.python, __file__, str(options.dataset), "--peer", "--network", options.network,
             "--batch", str(options.batch), "--clips", str(options.clips), "--epochs", str(options.epochs)],
            env=environment, stdout=subprocess.PIPE, text=True))
    outputs = [rank.communicate()[0] for rank in ranks]
    if any(rank.returncode for rank in ranks):
        sys.exit("PyTorch's ranks failed")
    return float(outputs[0])


def frames_of(path, shape, rate):
    import torch

    _, _, height, width = shape
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", f"fps={rate},scale={width}:{height}", "-pix_fmt",
                          "rgb24", "-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).reshape(-1, height, width, 3)


def peer(options):
    import torch
    from torch import distributed

    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank, ranks = distributed.get_rank(), distributed.get_world_size()
    make, shape = networks()[options.network]
    frames = shape[1]
    rows = listed(options.dataset, "train", options.clips)
    videos = [(frames_of(options.dataset / path, shape, RATES[options.network]), int(label))
              for path, label in rows[rank::ranks]]
    model = torch.nn.parallel.DistributedDataParallel(make().train().to(memory_format=torch.channels_last_3d))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    loss_of = torch.nn.CrossEntropyLoss()
    mine = options.batch // ranks
    steps = options.clips // options.batch

    def clip(video):
        first = int(torch.randint(max(1, len(video) - frames + 1), ()))
        moments = torch.clamp(torch.arange(first, first + frames), max=len(video) - 1)
        picture = video[moments].permute(3, 0, 1, 2).float().div_(127.5).sub_(1)
        return picture.flip(3) if torch.rand(()) < 0.5 else picture

    best = 0.0
    for _ in range(options.epochs):
        order = torch.randperm(len(videos)).tolist()
        distributed.barrier()
        start = time.perf_counter()
        for step in range(steps):
            chosen = [videos[i] for i in order[step * mine:(step + 1) * mine]]
            clips = torch.stack([clip(video) for video, _ in chosen]).to(memory_format=torch.channels_last_3d)
            labels = torch.tensor([label % 10 for _, label in chosen])
            optimizer.zero_grad()
            loss_of(model(clips), labels).backward()
            optimizer.step()
        distributed.barrier()
        best = max(best, steps * options.batch / (time.perf_counter() - start))
    if rank == 0:
        print(best)
    distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset", type=lambda path: pathlib.Path(path).resolve())
    parser.add_argument("words", nargs="*", help="key=value changes to our recipe")
    parser.add_argument("--program")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--network", default="r3d_18", choices=sorted(RATES))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ranks", type=int, default=2)
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_intermixed_args()
    if options.clips % options.batch or options.batch % options.ranks:
        parser.error("--clips has to be a multiple of --batch, and that of --ranks")
    if options.peer:
        return peer(options)
    with tempfile.TemporaryDirectory() as folder:
        file = recipe(options, folder)
        pairs = [(ours(options, file, f"{folder}/{turn}"), theirs(options)) for turn in range(options.rounds)]
    own, other = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"{options.network} batch {options.batch}, {options.ranks} ranks: {own:.2f} clips/s beside {other:.2f}, "
          f"ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
