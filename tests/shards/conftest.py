"""Films whose every frame shows its own number, and rows for them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest

from vqaprep.media.probe import probe
from vqaprep.rows import Clip, TrackPoint, Video, as_clip
from vqaprep.speeds.labels import Rates
from vqaprep.speeds.tasks import label

Frames = npt.NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX, BITS, CELL_PX = 96, 64, 10, 8


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Video]:
    """Write a film and return its row: `film(name, num_frames, **columns)`."""

    def write(name: str, num_frames: int = 40, *, is_vfr: bool = False, seed: int = 0, **columns: Any) -> Video:
        path = tmp_path / name
        if not path.exists():  # the encoder may not write the same bytes twice
            write_film(path, num_frames, is_vfr=is_vfr, seed=seed)
        return probe(str(path), **columns)

    return write


def write_film(path: Path, num_frames: int, *, is_vfr: bool = False, seed: int = 0) -> None:
    """Write `num_frames` numbered frames with B-frames and open groups of pictures."""
    rng = np.random.default_rng(seed)
    texture = rng.integers(0, 255, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
        stream.options = {"x264-params": "open-gop=1:keyint=12:bframes=3:crf=20"}
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.thread_count = 1
        at_ms = 0
        for number in range(num_frames):
            picture = av.VideoFrame.from_ndarray(numbered(texture, number), format="rgb24")
            picture.pts, picture.time_base = at_ms, Fraction(1, 1000)
            at_ms += 80 if is_vfr and number % 5 == 0 else 40
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def numbered(texture: Frames, number: int) -> Frames:
    """Return a frame with `number` in black and white cells along its top."""
    frame = np.roll(texture, number, axis=1) // 4 + 96
    for bit in range(BITS):
        frame[: 2 * CELL_PX, bit * CELL_PX : (bit + 1) * CELL_PX] = 235 if number >> bit & 1 else 16
    return np.asarray(frame, np.uint8)


def number_of(frame: Frames) -> int:
    """Read the number back from a frame at native scale."""
    cells = frame[: 2 * CELL_PX, : BITS * CELL_PX].reshape(2 * CELL_PX, BITS, CELL_PX, 3)
    return sum(int(cells[4:12, bit, 2:6].mean() > 128) << bit for bit in range(BITS))


def clips_of(
    video: Video,
    *,
    starts: Sequence[int] = (0,),
    rates: Rates = Rates(1, 1),  # noqa: B008  frozen
    variants: Sequence[tuple[str, int]] = (("none", 0),),
    roles: Sequence[Any] = ("query",),
    num_frames: int = 4,
    **columns: Any,
) -> list[Clip]:
    """Return the clips of scenes that begin at `starts`; a key clip begins one frame later."""
    named = label(rates, "fine", num_frames=num_frames, pool=3)
    return [
        as_clip(
            video.having(distortion=distortion, level=level, **columns),
            clip_id=f"{video.video_id}-{start:04d}-{role}-{distortion}-{level}",
            scene_id=f"{video.video_id}-{start:04d}",
            role=role,
            frames=rates.ticks(start + (role == "key"), num_frames),
            ticks=rates.ticks(start + (role == "key"), num_frames),
            times_s=tuple(
                video.start_s + tick / video.rate_fps for tick in rates.ticks(start + (role == "key"), num_frames)
            ),
            task="fine",
            pool=3,
            rate_first=rates.first,
            rate_second=rates.second,
            change_index=rates.change_index,
            speed_class=named.speed_class,
            localization_class=named.localization_class,
        )
        for start in starts
        for role in roles
        for distortion, level in variants
    ]


def straight_track(video: Video, *, side_px: float = 30.0) -> tuple[TrackPoint, ...]:
    """Return a face track that crosses the picture from left to right."""
    end_s = video.start_s + video.duration_s
    ends = ((video.start_s, 2.0), (end_s, WIDTH_PX - side_px - 2))
    return tuple(TrackPoint(t_s, x, 20.0, side_px, side_px, 0.9) for t_s, x in ends)
