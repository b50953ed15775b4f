"""Synthetic films whose every frame shows its own number as a bar code, and a square that moves."""

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX, BITS, CELL_PX = 96, 64, 10, 8
OPEN_GOP = {"x264-params": "open-gop=1:keyint=12:min-keyint=12:bframes=3:b-adapt=0:scenecut=0:crf=20"}


def picture(number: int, *, shade: int = 96, step_px: int = 3) -> Frames:
    """Return frame `number`: a bar code in its top rows, below it a square on waves that drift by `step_px`."""
    x, y = np.meshgrid(np.arange(WIDTH_PX) - step_px * number, np.arange(HEIGHT_PX))
    texture = shade + 30 * np.sin(2 * np.pi * x / 32) + 20 * np.sin(2 * np.pi * y / 24)
    frame = np.repeat(texture.clip(16, 235).astype(np.uint8)[..., None], 3, axis=2)
    left = step_px * number % (WIDTH_PX - 16)
    frame[36:52, left : left + 16] = (220, 40, 40)
    for bit in range(BITS):
        frame[: 2 * CELL_PX, bit * CELL_PX : (bit + 1) * CELL_PX] = 235 if number >> bit & 1 else 16
    return frame


def pictures(num_frames: int, **how: Any) -> list[Frames]:
    """Return frames 0 to `num_frames` - 1."""
    return [picture(number, **how) for number in range(num_frames)]


def number_of(frame: Frames) -> int:
    """Read the number back."""
    cells = frame[: 2 * CELL_PX, : BITS * CELL_PX].reshape(2 * CELL_PX, BITS, CELL_PX, 3)
    return sum(int(cells[4:12, bit, 2:6].mean() > 128) << bit for bit in range(BITS))


def write_film(
    path: Path,
    shown: Sequence[Frames],
    *,
    times_ms: Sequence[int] | None = None,
    rotation_deg: int | None = None,
    matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    muxer: dict[str, str] | None = None,
    title: str | None = None,
    coder: str = "libx264",
) -> Path:
    """Write `shown` at 25 frames a second, or at `times_ms`, as H.264 with B-frames and open groups of pictures.

    `matrix` is a display matrix of nine numbers, `aspect` width over height of a pixel.
    """
    times = times_ms or [40 * number for number in range(len(shown))]
    with av.open(str(path), "w", container_options=muxer or {}) as container:
        stream: Any = container.add_stream(coder, rate=25)
        stream.height, stream.width = shown[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        stream.options = options or (OPEN_GOP if coder == "libx264" else {})
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        if rotation_deg is not None:
            stream.set_display_rotation(rotation_deg)
        if matrix is not None:
            stream.set_display_matrix(matrix)
        if title is not None:
            container.metadata["title"] = title
        for pixels, at_ms in zip(shown, times, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """Write a file that holds a second of silence and no picture."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 16000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def with_cover(source: Path, target: Path) -> Path:
    """Copy an MP4 file and give it a cover picture, told of before its streams as some writers do."""
    with av.open(str(source)) as given, av.open(str(target), "w") as container:
        streams = {stream.index: container.add_stream_from_template(stream) for stream in given.streams}
        cover: Any = container.add_stream("mjpeg")
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                container.mux(packet)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(cover.encode(None))
    data = target.read_bytes()
    streams_at, cover_at = data.index(b"trak") - 4, data.rindex(b"udta") - 4
    end = cover_at + int.from_bytes(data[cover_at : cover_at + 4], "big")
    target.write_bytes(data[:streams_at] + data[cover_at:end] + data[streams_at:cover_at] + data[end:])
    return target


def cut_without_decoding(source: Path, target: Path, *, start_s: float) -> Path:
    """Cut with `ffmpeg -ss -c copy`, which leaves an edit list or frames before the first shown one."""
    ffmpeg("-ss", str(start_s), "-i", str(source), "-c", "copy", str(target))
    return target


def ffmpeg(*arguments: str) -> None:
    """Run ffmpeg, whose last argument names the file that it writes."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
