"""A file that was cut off shows it, where its format leaves a trace."""

import io
from pathlib import Path

import numpy as np
import pytest

from tests.films import pictures, write_film
from tests.odd_streams import part_of_a_presentation
from vqaprep.errors import MediaError
from vqaprep.media.ending import cut_off
from vqaprep.media.probe import probe

CODERS = {"mkv": "libx264", "webm": "libvpx", "ogg": "libvpx", "ts": "libx264", "m2ts": "libx264"}


@pytest.fixture(params=CODERS)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a whole film in each format."""
    return write_film(tmp_path / f"film.{request.param}", pictures(30), coder=CODERS[request.param])


def test_a_cut_at_any_byte_is_told(film: Path) -> None:
    assert probe(str(film)).num_frames == 30
    whole = film.read_bytes()
    for size in np.random.default_rng(0).integers(len(whole) // 2, len(whole), 20).tolist():
        if _leaves_no_trace(whole, size, film.suffix):
            continue
        film.write_bytes(whole[:size])
        with pytest.raises(MediaError, match="truncated"):
            probe(str(film))


def test_a_transport_stream_after_other_bytes_is_whole(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.ts", pictures(10))
    late = bytes(100) + film.read_bytes()
    assert cut_off(io.BytesIO(late), len(late), "mpegts") is None
    assert cut_off(io.BytesIO(late), len(late) - 1, "mpegts") == "the last packet has 187 of 188 bytes"


def test_a_matroska_of_unknown_size_is_not_called_cut(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mkv", pictures(10), muxer={"live": "1"})
    data = film.read_bytes()
    assert cut_off(io.BytesIO(data), len(data) // 2, "matroska,webm") is None


def test_a_cut_fragment_is_told_and_a_part_of_a_presentation_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    part_of_a_presentation(path)
    whole = path.read_bytes()
    index = whole.rindex(b"mfra") - 4
    for size in (index - 1, index - 300):
        said = cut_off(io.BytesIO(whole[:size]), size, "mov,mp4,m4a,3gp,3g2,mj2")
        assert said == f"the last fragment should end at byte {index}, the file holds {size}"
    path.write_bytes(whole[:index] + b"\x00\x00\x00\x00 and what a camera adds")
    assert probe(str(path)).num_frames == 30


@pytest.mark.parametrize("container", ["mpegts", "matroska,webm", "ogg", "mov,mp4,m4a,3gp,3g2,mj2"])
@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"OggS", bytes(300), b"\x47" * 300, bytes(range(256)) * 9])
def test_bytes_of_another_format_say_nothing_that_fails(container: str, data: bytes) -> None:
    assert isinstance(cut_off(io.BytesIO(data), len(data), container), str | None)


def _leaves_no_trace(whole: bytes, size: int, suffix: str) -> bool:
    """Say whether the cut falls between two packets or pages."""
    packet = {".ts": 188, ".m2ts": 192}.get(suffix)
    return size % packet == 0 if packet else suffix == ".ogg" and whole.startswith(b"OggS", size)
