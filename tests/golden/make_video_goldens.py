#!/usr/bin/env python3
"""Makes tests/golden/videos: small videos in the forms that cameras and telephones record, and goldens.json with
what the ffmpeg program decodes of them. Needs ffmpeg with libx264 and libx265; run it in this folder.

Of each file goldens.json holds: "pixel_format", and of each frame in the order of showing "pts_us" and "md5", the
MD5 of its planes without padding, as decoded and not turned; and "upright", of the first and the last frame as ffmpeg
turns them the luma, from 0 to 255, averaged to 4×4 pixels. Pictures of JPEG have no "md5": its decoders may round
differently.
"""
import json
import pathlib
import struct
import subprocess

FOLDER = pathlib.Path("videos")
SOURCE = "testsrc2=size=96x64:rate=10:duration=0.8"


def ffmpeg(*words, data=False):
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *map(str, words)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE if data else None).stdout


def x264(name, *words, source=SOURCE):
    ffmpeg("-f", "lavfi", "-i", source, "-c:v", "libx264", "-threads", 1, "-crf", 30, *words, "-fflags", "+bitexact",
           FOLDER / name)


def x265(name, *words):
    quiet = "crf=32:log-level=none:pools=1:frame-threads=1"
    ffmpeg("-f", "lavfi", "-i", SOURCE, "-c:v", "libx265", "-x265-params", quiet, *words, "-fflags", "+bitexact",
           FOLDER / name)


def with_matrix(name, plain, turn):
    """The same file with another display matrix in its track's header, which is of version 0."""
    data = bytearray((FOLDER / plain).read_bytes())
    begin = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (value << 16 for value in turn)
    data[begin:begin + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (FOLDER / name).write_bytes(data)


def exif_jpeg(name, orientation):
    plain = ffmpeg("-f", "lavfi", "-i", SOURCE, "-frames:v", 1, "-pix_fmt", "yuvj420p", "-q:v", 4, "-f", "mjpeg", "-",
                   data=True)
    directory = struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0II*\0\x08\0\0\0" + directory
    (FOLDER / name).write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:])


def frames_of(file):
    """(pts in microseconds, MD5) of each frame, not turned."""
    text = ffmpeg("-noautorotate", "-i", file, "-map", "0:v", "-fps_mode", "passthrough", "-copyts", "-enc_time_base",
                  "1:1000000", "-f", "framemd5", "-", data=True).decode()
    rows = [line.split(",") for line in text.splitlines() if not line.startswith("#")]
    return [(int(row[2]), row[5].strip()) for row in rows]


def block_means(luma, width, height):
    """Of 4×4 blocks, row by row."""
    means = []
    for top, left in ((y * height // 4, x * width // 4) for y in range(4) for x in range(4)):
        values = [luma[y * width + x] for y in range(top, top + height // 4) for x in range(left, left + width // 4)]
        means.append(round(min(255.0, max(0.0, sum(values) / len(values))), 2))
    return means


def upright_of(file, pixel_format, frames):
    """Of the first and the last frame."""
    width, height = (64, 96) if "turned" in file.name else (96, 64)
    data = ffmpeg("-i", file, "-map", "0:v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", pixel_format, "-",
                  data=True)
    ten_bits = pixel_format.endswith("10le")
    samples = struct.unpack(f"<{len(data) // 2}H", data) if ten_bits else data
    full, scale = pixel_format.startswith("yuvj"), 4 if ten_bits else 1
    result = []
    for begin in (0, (frames - 1) * (len(samples) // frames)):
        luma = [y if full else (y / scale - 16) * 255 / 219 for y in samples[begin:begin + width * height]]
        result.append(block_means(luma, width, height))
    return result


def pixel_format_of(file):
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=pix_fmt", "-of", "csv=p=0", file]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.decode().split()[0].rstrip(",")


def main():
    FOLDER.mkdir(exist_ok=True)
    x264("b_frames.mp4", "-pix_fmt", "yuv420p", "-bf", 3, "-x264-params", "b-adapt=0:b-pyramid=normal")
    x264("ten_bit_422.mp4", "-pix_fmt", "yuv422p10le", "-bf", 2)
    x264("full_range.mkv", "-vf", "scale=out_range=full:out_color_matrix=bt709", "-pix_fmt", "yuv420p", "-color_range",
         "pc", "-colorspace", "bt709")
    x264("interlaced.ts", "-pix_fmt", "yuv420p", "-flags", "+ildct+ilme", "-bf", 1)
    with_matrix("turned.mp4", "b_frames.mp4", [0, 1, -1, 0])
    with_matrix("turned_and_mirrored.mp4", "b_frames.mp4", [0, 1, 1, 0])
    x264("variable_rate.mp4", "-pix_fmt", "yuv420p", "-bf", 2, "-vf", "select='not(eq(n,2)+eq(n,3)+eq(n,6))'",
         "-fps_mode", "vfr")
    x265("hevc.mp4", "-pix_fmt", "yuv420p", "-tag:v", "hvc1")
    x265("hevc_ten_bit.mkv", "-pix_fmt", "yuv420p10le")
    x265("hevc_ten_bit_422.ts", "-pix_fmt", "yuv422p10le")
    exif_jpeg("exif_turned.jpg", 6)

    goldens = {}
    for file in sorted(FOLDER.glob("*.*")):
        if file.suffix == ".json":
            continue
        frames = frames_of(file)
        pixel_format = pixel_format_of(file)
        still = file.suffix == ".jpg"
        goldens[file.name] = {
            "pixel_format": pixel_format,
            "frames": [{"pts_us": pts} if still else {"pts_us": pts, "md5": md5} for pts, md5 in frames],
            "upright": upright_of(file, pixel_format, len(frames)),
        }
    lines = [f'"{name}": {json.dumps(golden)}' for name, golden in goldens.items()]
    (FOLDER / "goldens.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
