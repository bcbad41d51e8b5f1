"""What Keras says of real clips, with another decoder and another resize than ours: gesture_scores.json.

    python make_gesture_goldens.py DATA_FOLDER gesture_scores.json [--program build/actionflow]

Needs tf_keras, av, numpy and Pillow. DATA_FOLDER holds keras/Conv3D-32-64-128.keras and the clips. For each clip:
frames by PyAV, to RGB by libswscale's accurate path (JPEG folders by Pillow), with their time stamps; the sample at t_k = t_0 + k/12 s is the last
frame not after t_k; 30 samples, each stretched to 200×200 by Pillow's bilinear filter, channels in the order blue,
green, red, divided by 255; then the Keras network. With --program, each tensor is given to `predict` too and
the largest difference from Keras is printed: it is to stay under 1e-4.
"""
import argparse
import json
import pathlib
import subprocess
import tempfile

import av
import numpy as np
from PIL import Image

CLIPS = ["clips/v_ApplyEyeMakeup_g01_c01.avi", "clips/v_BaseballPitch_g01_c01.avi", "clips/v_Biking_g05_c02.avi",
         "clips/v_Punch_g03_c01.avi", "clips/jester_24"]
RATE, FRAMES, SIZE = 12, 30, 200


def video_frames(path):
    """(seconds, RGB picture) of each frame, from the stream's first."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        graph = av.filter.Graph()
        graph.link_nodes(graph.add_buffer(template=stream),
                         graph.add("scale", "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"),
                         graph.add("format", "rgb24"), graph.add("buffersink")).configure()
        start = None
        for frame in container.decode(stream):
            time = float(frame.pts * frame.time_base)
            start = time if start is None else start
            graph.push(frame)
            yield time - start, Image.fromarray(graph.pull().to_ndarray(format="rgb24"))


def folder_frames(path, rate=25):
    for k, name in enumerate(sorted(path.glob("*.jpg"))):
        yield k / rate, Image.open(name).convert("RGB")


def first_window(path):
    """T×H×W×C float32; the last sample repeated where the clip is shorter."""
    frames = list(folder_frames(path) if path.is_dir() else video_frames(path))
    samples, k = [], 0
    while len(samples) < FRAMES and k / RATE <= frames[-1][0] + 1e-9:
        picture = [image for time, image in frames if time <= k / RATE + 1e-9][-1]
        scaled = picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
        samples.append(np.asarray(scaled, np.float32)[:, :, ::-1] / 255)
        k += 1
    samples += [samples[-1]] * (FRAMES - len(samples))
    return np.stack(samples)


def predicted(program, clip):
    """The scores that `predict` gives for a T×H×W×C clip."""
    root = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", np.ascontiguousarray(clip.transpose(3, 0, 1, 2)[None]))
        subprocess.run([program, "predict", "--weights", str(root / "configs/weights/gesture_conv3d.safetensors"),
                        "--input", f"{folder}/x.npy", "--output", f"{folder}/y.npy"], check=True)
        return np.load(f"{folder}/y.npy").reshape(-1)


def main():
    import tf_keras

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--program")
    arguments = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".h5") as copy:
        copy.write((arguments.data / "keras/Conv3D-32-64-128.keras").read_bytes())
        copy.flush()
        network = tf_keras.models.load_model(copy.name, compile=False)
    results = {}
    for name in CLIPS:
        clip = first_window(arguments.data / name)
        scores = network.predict(clip[None], verbose=0)[0]
        results[name] = [round(float(score), 6) for score in scores]
        if arguments.program:
            print(name, "predict differs from Keras by at most", np.abs(predicted(arguments.program, clip) - scores).max())
    arguments.output.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
