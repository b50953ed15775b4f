"""decord decodes a file only where it gives the very frames of PyAV."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.films import OPEN_GOP, number_of, pictures, write_film
from vqaprep import prepare
from vqaprep.errors import InputError, MediaError
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.probe import probe
from vqaprep.media.reading import Reading
from vqaprep.media.same_frames import check_same_frames
from vqaprep.media.timeline import packet_times_s
from vqaprep.rows import Dropped, Video
from vqaprep.sources.scan import scan_one

_MIRRORED = (-(1 << 16), 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Video:
    pytest.importorskip("decord")
    path = tmp_path_factory.mktemp("decord") / "film.mp4"
    return probe(str(write_film(path, pictures(30), options=OPEN_GOP)))


def scanned(path: Path) -> Video | Dropped:
    row = scan_one(str(path), Reading(decoder="decord"))[0]
    assert isinstance(row, Video | Dropped)
    return row


def test_frames_are_those_of_pyav(film: Video) -> None:
    row = scanned(Path(film.uri))
    assert isinstance(row, Video) and row.decoder == "decord"
    ours = [(frame.index, frame.t_s, frame.rgb()) for frame in decode(film.uri, scanned=film)]
    theirs = [(frame.index, frame.t_s, frame.rgb()) for frame in decode(film.uri, scanned=row)]
    assert len(ours) == 30
    for one, other in zip(ours, theirs, strict=True):
        assert one[:2] == other[:2]
        np.testing.assert_array_equal(one[2], other[2])
    assert [number_of(rgb) for _, _, rgb in theirs] == list(range(30))


@pytest.mark.parametrize("change", ["aspect", "mirrored"])
def test_a_file_whose_frames_differ_is_refused(change: str, tmp_path: Path) -> None:
    pytest.importorskip("decord")
    how: dict[str, Any] = {"aspect": Fraction(4, 3)} if change == "aspect" else {"matrix": _MIRRORED}
    row = scanned(write_film(tmp_path / "film.mp4", pictures(8), **how))
    assert isinstance(row, Dropped) and row.reason == "unsupported"
    assert "leave --decoder decord out" in row.detail


def test_one_wrong_frame_is_enough(film: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    real = DecodedFrame.rgb

    def off_at_the_last(self: DecodedFrame, window: object = None) -> np.ndarray:
        is_wrong = self.index == 29 and self.picture.format.name == "rgb24"
        return real(self) ^ np.uint8(is_wrong)

    monkeypatch.setattr(DecodedFrame, "rgb", off_at_the_last)
    with pytest.raises(MediaError, match="decord gives another frame 29 than pyav"):
        check_same_frames(film, "decord")


@pytest.mark.parametrize("lost", [1, -1])
def test_another_number_of_frames_is_refused(lost: int, film: Video, monkeypatch: pytest.MonkeyPatch) -> None:
    if lost == 1:
        monkeypatch.setattr("decord.VideoReader.__len__", lambda self: 29)
        said = "fewer frames"
    else:
        times = "vqaprep.media.decord_frames.packet_times_s"
        monkeypatch.setattr(times, lambda *stamps, **how: packet_times_s(*stamps, **how)[:-1])
        said = "the packets hold 29"
    with pytest.raises(MediaError, match=said):
        check_same_frames(film, "decord")


def test_decord_is_asked_for_before_any_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_film(tmp_path / "film.mp4", pictures(4))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"--decoder decord needs decord: pip install 'vqaprep\[decord\]'"):
        prepare("scan", tmp_path, tmp_path / "out", decoder="decord", engine="inline")
