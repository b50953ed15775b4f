"""Of several video streams the one that ffmpeg takes is read, or the one that is asked for."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from tests.films import pictures, with_cover, write_film
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading


def several(path: Path, sizes_px: list[tuple[int, int]], *, default: int | None) -> Path:
    """Write a film with several video streams, number `default` flagged as such."""
    with av.open(str(path), "w") as container:
        streams: list[Any] = []
        for number, (width, height) in enumerate(sizes_px):
            stream: Any = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = Disposition.default if number == default else Disposition(0)
            streams.append(stream)
        for i in range(5):
            for number, stream in enumerate(streams):
                frame = av.VideoFrame.from_ndarray(
                    np.full((stream.height, stream.width, 3), 50 * number + 10, np.uint8), format="rgb24"
                )
                frame.pts, frame.time_base = i, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


SMALL, LARGE, MIDDLE = (64, 48), (256, 192), (128, 96)


@pytest.mark.parametrize("ending", ["mp4", "mkv"])
@pytest.mark.parametrize(
    ("sizes_px", "default", "taken"),
    [
        ([SMALL, LARGE], 1, 1),
        ([SMALL, LARGE], 0, 0),
        ([LARGE, SMALL], 1, 1),
        ([SMALL, LARGE, MIDDLE], 2, 2),
    ],
)
def test_the_default_stream_is_taken(
    tmp_path: Path, ending: str, sizes_px: list[tuple[int, int]], default: int, taken: int
) -> None:
    path = several(tmp_path / f"film.{ending}", sizes_px, default=default)
    row = probe(str(path))
    assert (row.stream_index, row.num_video_streams) == (taken, len(sizes_px))
    assert (row.width_px, row.height_px) == sizes_px[taken]
    frame = next(decode(row.uri, scanned=row))
    assert frame.rgb().shape[1::-1] == sizes_px[taken]
    assert frame.rgb().mean() == pytest.approx(50 * taken + 10, abs=4)


def test_without_a_flag_the_largest_is_taken(tmp_path: Path) -> None:
    row = probe(str(several(tmp_path / "film.ts", [SMALL, LARGE, MIDDLE], default=None)))
    assert (row.stream_index, row.width_px) == (1, 256)


def test_a_stream_may_be_asked_for(tmp_path: Path) -> None:
    path = several(tmp_path / "film.mp4", [SMALL, LARGE], default=1)
    row = probe(str(path), Reading(stream=0))
    assert (row.stream_index, row.width_px, row.num_frames) == (0, 64, 5)
    assert next(decode(row.uri, scanned=row)).rgb().shape == (48, 64, 3)


def test_a_stream_that_is_no_video_is_refused(tmp_path: Path) -> None:
    covered = with_cover(write_film(tmp_path / "film.mp4", pictures(5)), tmp_path / "covered.mp4")
    for stream in (0, 7):
        with pytest.raises(MediaError, match=f"stream {stream} is no video stream; the video streams are 1"):
            probe(str(covered), Reading(stream=stream))
