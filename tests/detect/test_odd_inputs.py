"""Whatever a file says of time and rotation, its crops are those of its plain version, frame for frame."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from tests.compose.compare import RATE_FPS, crops_of, largest_difference_px
from tests.compose.variants import CUT_S, Variant, lossless, variants
from tests.films import write_film
from vqaprep.detect import watch
from vqaprep.detect.detection import Detection
from vqaprep.detect.text import Reading
from vqaprep.detect.watch import look_at
from vqaprep.media.probe import probe
from vqaprep.rows import Box, Video
from vqaprep.stages.crop import Crop
from vqaprep.stages.trim import Trim

Frames = npt.NDArray[np.uint8]

_SIZE_PX = (320, 180)
_CARD_S, _SWAP_S, _END_S = 2.4, 5.6, 9.0
_PEOPLE = {"Maria Silva": (220, 30, 30), "Interviewer": (30, 30, 220)}
_WALLS = {"Maria Silva": 70, "Interviewer": 170}
_CROP = Crop(subject="Maria Silva")
_EXACT = (
    "rotation flag, 90", "rotation flag, 180", "rotation flag, 270", "transport stream, late start", "edit list",
    "variable rate",
)  # fmt: skip


def _picture(number: int) -> Frames:
    """Return a frame: a title card first and last, in between two discs in tiles of their own, which swap once."""
    t_s, frame = number / RATE_FPS, np.full((_SIZE_PX[1], _SIZE_PX[0], 3), 240, np.uint8)
    if not _CARD_S <= t_s < _END_S:
        return frame
    for side, name in enumerate(_PEOPLE if t_s < _SWAP_S else reversed(_PEOPLE)):
        frame[:, 160 * side : 160 * side + 160] = _WALLS[name]
        center = 80 + 160 * side + round(14 * np.sin(number / 25)), 80 + round(10 * np.cos(number / 40))
        cv2.circle(frame, center, 26, _PEOPLE[name], -1)
    return frame


def _disc_boxes(rgb: Frames) -> dict[str, Box]:
    """Return the box of each person's disc."""
    found = {}
    for name, color in _PEOPLE.items():
        rows, columns = np.nonzero(np.abs(rgb.astype(int) - color).max(-1) < 40)
        if len(rows):
            x, y = float(columns.min()), float(rows.min())
            found[name] = Box(x, y, float(columns.max()) + 1 - x, float(rows.max()) + 1 - y)
    return found


def _find(rgb: Frames) -> list[Detection]:
    return [Detection(box, 0.99, ()) for box in _disc_boxes(rgb).values()]


def _read(rgb: Frames) -> list[Reading]:
    return [
        Reading(name, 0.9, Box(box.x_px - 10, box.y_px + box.h_px + 6, 70, 10))
        for name, box in _disc_boxes(rgb).items()
    ]


@pytest.fixture(autouse=True)
def _detectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_finder", lambda *_: _find)
    monkeypatch.setattr(watch, "_reader", lambda *_: _read)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    shown = [_picture(number) for number in range(round((_END_S + 1) * RATE_FPS))]
    return lossless(write_film(folder / "drawn.mp4", shown, options={"crf": "1"}), folder / "plain.mp4")


@pytest.fixture(scope="module")
def odd(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Variant]:
    return variants(plain, tmp_path_factory.mktemp("odd"))


def test_the_variants_are_as_odd_as_they_say(odd: dict[str, Variant]) -> None:
    rows = {name: probe(str(variant.path)) for name, variant in odd.items()}
    assert {(row.width_px, row.height_px) for row in rows.values()} == {_SIZE_PX}
    assert rows["transport stream, late start"].start_s > 1
    assert rows["edit list"].num_frames == rows["rotation flag, 90"].num_frames - CUT_S * RATE_FPS
    assert {name for name, row in rows.items() if row.is_vfr} == {name for name in odd if name.startswith("variable")}


@pytest.mark.parametrize("name", _EXACT)
def test_crops_are_those_of_the_plain_version(plain: Path, odd: dict[str, Variant], tmp_path: Path, name: str) -> None:
    variant = odd[name]
    expected = crops_of(probe(str(plain)), _CROP, cache=tmp_path, trim_s=variant.head_s)
    found = crops_of(probe(str(variant.path)), _CROP, cache=tmp_path, gone_s=variant.head_s)
    assert found.keys() <= expected.keys()
    assert sum(box is not None for box in found.values()) > 0.6 * len(found)
    assert largest_difference_px(expected, found) < 1e-6


def test_a_variable_rate_without_the_frames_looked_at_gives_nearly_the_same_crops(
    plain: Path, odd: dict[str, Variant], tmp_path: Path
) -> None:
    expected = crops_of(probe(str(plain)), _CROP, cache=tmp_path)
    found = crops_of(probe(str(odd["variable rate, looked-at frames gone"].path)), _CROP, cache=tmp_path)
    assert 0 < largest_difference_px(expected, found) < 5


def test_the_crop_follows_the_participant_through_the_swap(plain: Path, tmp_path: Path) -> None:
    crops = crops_of(probe(str(plain)), _CROP, cache=tmp_path)
    for number, box in crops.items():
        disc = _disc_boxes(_picture(number)).get("Maria Silva")
        assert (box is None) == (disc is None), number
        if box is not None and disc is not None:
            assert disc.iou(box) > 0.3
            assert abs(box.center_px[0] - disc.center_px[0]) < 8
    assert any(a is not None and b is not None and abs(a.x_px - b.x_px) > 100 for a, b in pairwise(crops.values()))


@pytest.mark.parametrize("name", [*_EXACT, "plain"])
def test_trim_auto_leaves_out_the_title_cards(plain: Path, odd: dict[str, Variant], tmp_path: Path, name: str) -> None:
    variant = odd.get(name, Variant(plain))
    video = probe(str(variant.path))
    trim = Trim(auto=True, subject="Maria Silva", steady_s=2)
    [row] = trim(video, look_at(video, watch=trim.watch(), cache=tmp_path), np.random.default_rng(0))
    assert isinstance(row, Video), row
    assert row.keep.start_s - video.start_s == pytest.approx(_CARD_S - variant.head_s, abs=1e-6)
    assert row.keep.end_s - video.start_s == pytest.approx(_END_S - variant.head_s, abs=1e-6)
