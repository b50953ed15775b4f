"""One look tells times, motion and cuts, and shows every frame to the observers."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import picture, pictures, write_film
from vqaprep.errors import MediaError
from vqaprep.media.clock import Break
from vqaprep.media.decode import DecodedFrame
from vqaprep.media.look import Look, look
from vqaprep.media.probe import probe
from vqaprep.media.render_crop import usable_frames


class Diary:
    """An observer that remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, Break]] = []

    def see(self, frame: DecodedFrame, *, opens: Break) -> None:
        self.seen.append((frame.index, opens))


def test_a_cut_is_found_at_its_frame(tmp_path: Path) -> None:
    shown = pictures(20, shade=20) + [picture(i, shade=180) for i in range(20, 40)]
    found = look(probe(str(write_film(tmp_path / "film.mp4", shown))))
    assert np.flatnonzero(found.breaks & Break.CUT).tolist() == [20]


def test_a_flash_hides_no_cut_that_comes_after_it(tmp_path: Path) -> None:
    shades = [20] * 20 + [180] * 4 + [20] * 16 + [180] * 20
    shown = [picture(i, shade=shade) for i, shade in enumerate(shades)]
    found = look(probe(str(write_film(tmp_path / "film.mp4", shown))))
    assert np.flatnonzero(found.breaks & Break.CUT).tolist() == [20, 40]


def test_a_slow_change_opens_no_shot(tmp_path: Path) -> None:
    shown = [picture(i, shade=20 + 4 * i) for i in range(40)]
    assert not look(probe(str(write_film(tmp_path / "film.mp4", shown)))).breaks.any()


def test_repeated_frames_do_not_move_and_others_do(tmp_path: Path) -> None:
    shown = pictures(10) + [picture(9)] * 5 + [picture(i) for i in range(10, 15)]
    found = look(probe(str(write_film(tmp_path / "film.mp4", shown, options={"crf": "4"}))))
    assert found.motion[0] == 0
    assert found.motion[11:15].max() < 0.5 < found.motion[1:10].min()


def test_observers_see_every_frame_once_in_order(tmp_path: Path) -> None:
    diary = Diary()
    found = look(probe(str(write_film(tmp_path / "film.mp4", pictures(20)))), [diary])
    assert diary.seen == [(i, 0) for i in range(20)]
    assert found.num_frames == 20


def test_a_look_comes_back_from_disk_as_it_was(tmp_path: Path) -> None:
    video = probe(str(write_film(tmp_path / "film.mp4", pictures(10))))
    found = look(video)
    found.save(tmp_path / "deep" / "film.parquet", video)
    again = Look.load(tmp_path / "deep" / "film.parquet", video)
    for name in ("times_s", "motion", "breaks"):
        np.testing.assert_array_equal(getattr(again, name), getattr(found, name))
        assert getattr(again, name).dtype == getattr(found, name).dtype


@pytest.mark.parametrize("size_px", [(32, 64), (96, 64)], ids=["smaller", "on its side"])
def test_a_picture_that_changes_its_size_is_refused(tmp_path: Path, size_px: tuple[int, int]) -> None:
    others = [np.resize(frame, (*size_px, 3)) for frame in pictures(12)]
    parts = [write_film(tmp_path / f"{len(shown)}.h264", shown) for shown in (pictures(10), others)]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    video = probe(str(path))
    for watch in (look, lambda video: list(usable_frames(video))):
        with pytest.raises(MediaError) as caught:
            watch(video)
        assert caught.value.reason == "unsupported"
