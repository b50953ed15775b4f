"""Sound files with odd contents: pictures of every shape, turned by odd angles, in odd formats, at odd times, or none.

Each is a function that returns the bytes of a file.
"""

import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

from tests.films import Frames, ffmpeg, pictures, with_cover, write_film
from tests.media.muxed import film

Make = Callable[[], bytes]
_ONE = 1 << 16


def noise(width: int, height: int, num_frames: int = 12) -> list[Frames]:
    """Return pictures of any size."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3), np.uint8) for _ in range(num_frames)]


def shaped(width: int, height: int) -> Make:
    """Return a film of pictures of any size."""
    return lambda: film("matroska", noise(width, height), coder="ffv1", pix_fmt="yuv444p")


def turned(matrix: tuple[int, ...], *, width: int = 96, height: int = 64, pix_fmt: str = "rgb24") -> Make:
    """Return a film that its display matrix turns: exact in RGB, as H.264 in other formats."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            coder = "png" if pix_fmt == "rgb24" else "libx264"
            path = Path(folder) / "a.mov"
            return write_film(path, noise(width, height), matrix=matrix, coder=coder, pix_fmt=pix_fmt).read_bytes()

    return make


def formatted(pix_fmt: str, coder: str = "ffv1", container: str = "matroska") -> Make:
    """Return a film in any format of pixels."""
    return lambda: film(container, noise(96, 64), coder=coder, pix_fmt=pix_fmt)


def joined(*parts: Make) -> Make:
    """Return one file after the other."""
    return lambda: b"".join(part() for part in parts)


def raw(width: int, height: int) -> Make:
    """Return an H.264 stream without a container."""
    return lambda: film("h264", noise(width, height))


def timed(*times: int, num_frames: int = 12, step: int = 40) -> Make:
    """Return a film with odd times: those that are given come first."""
    all_times = [*times, *((times[-1] if times else -step) + step * (n + 1) for n in range(num_frames - len(times)))]
    return lambda: film("matroska", pictures(num_frames), coder="ffv1", times=all_times)


def angle(degrees: float, scale: float = 1.0) -> tuple[int, ...]:
    """Return the display matrix of a turn."""
    cosine, sine = (round(scale * _ONE * f(np.radians(degrees))) for f in (np.cos, np.sin))
    return (cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30)


def made(name: str, *words: str) -> Make:
    """Return what ffmpeg makes of these words."""

    def make() -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhello\n")
            path = Path(folder) / name
            ffmpeg(*(word.replace("FOLDER", folder) for word in words), str(path))
            return path.read_bytes()

    return make


def cover_alone() -> bytes:
    """Return sound with a cover picture, and no film."""
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "a.mp4", Path(folder) / "b.mp4"
        ffmpeg("-f", "lavfi", "-i", "sine=duration=0.4", "-c:a", "aac", str(first))
        return with_cover(first, second).read_bytes()


def _mpeg2() -> bytes:
    return film("mpegts", noise(96, 64), coder="mpeg2video", time_base=Fraction(1, 25))


_SINE = ("-f", "lavfi", "-i", "sine=duration=0.4")
_WORDS = ("-i", "FOLDER/words.srt")
_FILM = ("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=0.5")
_SIZES = [
    (1, 1),
    (2, 64),
    (64, 1),
    (2, 2),
    (3, 5),
    (12, 12),
    (33, 47),
    (640, 4),
    (4, 640),
    (1920, 16),
    (16, 1920),
    (2048, 2),
]
_FORMATS = ("gray", "gray10le", "gray16le", "ya8", "yuv410p", "yuv411p", "yuv440p", "yuva420p", "yuv444p16le",
            "gbrp10le", "gbrap12le", "bgra", "rgb48le")  # fmt: skip
_ODD_FIELDS = "scale=96:63,setfield=tff,format=yuv444p"
_RAW_FORMATS = ("monow", "rgb555le", "bgr4_byte", "nv12", "uyvy422", "p010le")

CONTENTS: dict[str, Make] = {
    **{f"{width}x{height}.mkv": shaped(width, height) for width, height in _SIZES},
    **{f"turned-{turn}-degrees.mov": turned(angle(turn)) for turn in (1, 2, 13, 45, 89, 91, 135, 179, 181, 359)},
    **{f"turned-{n}x{m}.mov": turned(angle(45), width=n, height=m) for n, m in ((1, 1), (2, 2), (3, 5), (16, 2))},
    **{f"lying-{n}x{m}.mov": turned(angle(90), width=n, height=m) for n, m in ((1, 1), (2, 2), (3, 5), (16, 2))},
    **{f"turned-{name}.mov": turned(angle(30), pix_fmt=name) for name in ("gray", "yuv420p", "yuv422p", "yuv420p10le")},
    **{f"lying-{name}.mov": turned(angle(270), pix_fmt=name) for name in ("gray", "yuv422p", "yuv444p", "yuv422p10le")},
    "mirrored-and-turned.mov": turned((-46341, 46341, 0, 46341, 46341, 0, 0, 0, 1 << 30)),
    "turned-and-moved.mov": turned((*angle(20)[:6], 1 << 30, -(1 << 30), 1 << 30)),
    "turned-and-enlarged.mov": turned(angle(45, scale=1000)),
    **{f"{name}.mkv": formatted(name) for name in _FORMATS},
    **{f"raw-{name}.nut": formatted(name, "rawvideo", "nut") for name in _RAW_FORMATS},
    "narrow-pixels.mkv": lambda: film("matroska", noise(96, 64), aspect=Fraction(1, 3)),
    "narrow-pixels-1x1.mkv": lambda: film("matroska", noise(2, 2), coder="ffv1", aspect=Fraction(1, 4)),
    "pixels-1000-wide.mkv": lambda: film("matroska", noise(96, 64), aspect=Fraction(1000, 1)),
    "one-frame.mkv": lambda: film("matroska", pictures(1)),
    "two-frames.mkv": lambda: film("matroska", pictures(2)),
    "all-at-once.mkv": timed(*[0] * 12),
    "pause-of-years.mkv": timed(0, 40, 10**11),
    "pause-of-days.mkv": timed(0, 40, 80, 10**9),
    "late-by-years.mkv": timed(10**11),
    "a-frame-in-an-hour.mkv": timed(0, step=3_600_000),
    "ever-faster.mkv": timed(*[int(4000 - 4000 / (n + 1)) for n in range(12)]),
    "ever-slower.mkv": timed(*[40 * 2**n for n in range(12)]),
    "sound-alone.mp4": made("a.mp4", *_SINE, "-c:a", "aac"),
    "sound-alone.mkv": made("a.mkv", *_SINE, "-c:a", "libopus"),
    "sound-alone.avi": made("a.avi", *_SINE, "-c:a", "libmp3lame"),
    "sound-alone.webm": made("a.webm", *_SINE, "-c:a", "libvorbis"),
    "subtitles-alone.mp4": made("a.mp4", *_WORDS, "-c:s", "mov_text"),
    "subtitles-alone.mkv": made("a.mkv", *_WORDS, "-c:s", "srt"),
    "subtitles-and-sound.mkv": made("a.mkv", *_SINE, *_WORDS, "-map", "0", "-map", "1", "-c:s", "ass"),
    "subtitles-longer-than-film.mkv": made("a.mkv", *_FILM, *_WORDS, "-map", "0", "-map", "1", "-c:v", "libx264"),
    "sound-longer-than-film.mp4": made("a.mp4", *_FILM, "-f", "lavfi", "-i", "sine=duration=60", "-c:v", "libx264"),
    "cover-alone.mp4": cover_alone,
    "streams-100.ts": made("a.ts", *_FILM, *["-map", "0"] * 100, "-c:v", "mpeg2video", "-t", "0.2"),
    "streams-100.mkv": made("a.mkv", *_FILM, *["-map", "0"] * 100, "-c:v", "mjpeg", "-t", "0.2"),
    "size-changes.h264": joined(raw(96, 64), raw(64, 96), raw(48, 32)),
    "format-changes.mjpeg": joined(*[formatted(name, "mjpeg", "mjpeg") for name in ("yuvj420p", "yuvj444p")]),
    "codec-changes.ts": lambda: film("mpegts", noise(96, 64)) + _mpeg2(),
    "timecode-track.mov": made("a.mov", *_FILM, "-c:v", "mpeg4", "-timecode", "01:02:03:04"),
    "interlaced-odd-height.mkv": made("a.mkv", *_FILM, "-vf", _ODD_FIELDS, "-c:v", "ffv1", "-field_order", "tt"),
}  # fmt: skip
