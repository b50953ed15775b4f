"""Fields are left as they are, or made whole pictures by ffmpeg's bwdif, where asked for."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import Frames, write_film
from tests.reference import run_ffmpeg, shown_by_ffmpeg
from vqaprep.media.decode import decode
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading
from vqaprep.rows import Deinterlace


def moving(num: int, *, step_px: int = 3) -> list[Frames]:
    """Return pictures of a coloured bar on waves that moves by `step_px`."""
    x = np.arange(96)[None, :, None] - step_px * np.arange(num)[:, None, None, None]
    shade = np.repeat(128 + 60 * np.sin(x / 8) * np.array([1, 0.5, -1]), 64, axis=1)
    return list(shade.astype(np.uint8))


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Return an MPEG-2 film of 12 frames, each of two moments, the upper field first."""
    fields = write_film(tmp_path / "fields.mkv", moving(24), options={"qp": "0"})
    weave = "setfield=tff,tinterlace=interleave_top,scale=interl=1"
    return run_ffmpeg("-r", 50, "-i", fields, "-vf", weave, *_MPEG2, tmp_path / "film.mpg")


_MPEG2 = ("-c:v", "mpeg2video", "-q:v", 2, "-flags", "+ildct+ilme")


@pytest.mark.parametrize(
    ("how", "filters", "num_frames"),
    [
        ("off", "null", 12),
        ("frame", "bwdif=send_frame:deint=interlaced", 12),
        ("field", "bwdif=send_field:deint=all", 24),
    ],
)
def test_frames_are_those_of_ffmpeg(film: Path, how: Deinterlace, filters: str, num_frames: int) -> None:
    row = probe(str(film), Reading(deinterlace=how))
    assert (row.is_interlaced, row.deinterlace, row.num_frames) == (True, how, num_frames)
    assert row.rate_fps == pytest.approx(25 * num_frames / 12, rel=0.01)
    frames = list(decode(row.uri, scanned=row))
    expected = shown_by_ffmpeg(film, (96, 64), filters=filters)
    inner = slice(None) if how == "off" else slice(2, -2)  # releases of ffmpeg differ at both ends of a film
    np.testing.assert_array_equal([frame.rgb() for frame in frames[inner]], expected[inner])
    np.testing.assert_allclose(np.diff([frame.t_s for frame in frames]), 12 / num_frames / 25, atol=1e-3)
    assert look(row).num_frames == num_frames


def test_one_frame_per_field_shows_one_moment_each(film: Path) -> None:
    row = probe(str(film), Reading(deinterlace="field"))
    shown = np.stack([frame.rgb() for frame in decode(row.uri, scanned=row)]).astype(int)
    woven = np.stack([frame.rgb() for frame in decode(row.uri)]).astype(int)
    true = np.stack(moving(24)).astype(int)
    assert np.abs(shown - true)[2:-2].mean() < 6 < np.abs(woven - true[::2])[1:-1].mean()


def test_a_progressive_film_is_left_alone(tmp_path: Path) -> None:
    row = probe(str(write_film(tmp_path / "film.mp4", moving(6))), Reading(deinterlace="field"))
    assert (row.is_interlaced, row.deinterlace, row.num_frames) == (False, "off", 6)
