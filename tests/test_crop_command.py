"""Every way to say who the participant is can be asked for on the command line, and none is taken silently."""

from pathlib import Path

import pytest

from tests.cached_sightings import remember
from tests.calling import call
from tests.films import picture, write_film
from tests.made import BLUE, RED, Inline
from vqaprep.detect.faces import Detector
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.jobs import Common
from vqaprep.rows import Box
from vqaprep.rows.manifest import read_dropped, read_rows

LEFT, RIGHT = Box(4, 8, 36, 36), Box(56, 12, 26, 26)
TIMES_S = tuple(0.4 * i for i in range(6))


@pytest.fixture
def film(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a film to crop, which is done in this process."""
    monkeypatch.setattr(Common, "make_engine", lambda *_: Inline())
    return write_film(folder / "film.mp4", [picture(i) for i in range(60)])


def two(film: Path, *captions: str, score: float = 0.99, detector: Detector = "mnet", swap_s: float = 99.0) -> None:
    """Let two people be seen, the larger one at the left, over `captions` from left to right."""
    faces, texts = list[Face](), list[Caption]()
    for t_s in TIMES_S:
        looks = (RED, BLUE) if t_s < swap_s else (BLUE, RED)
        faces += [
            Face(t_s, round(25 * t_s), *seen)
            for seen in zip((LEFT, RIGHT), (score, score), ((), ()), looks, strict=True)
        ]
        for text, face in zip(captions, (LEFT, RIGHT), strict=False):
            texts.append(Caption(t_s, round(25 * t_s), text, 0.9, Box(face.x_px, 50, face.w_px, 8), None))
    remember(film, Sightings(tuple(faces), tuple(texts), TIMES_S, TIMES_S), detector=detector)


def outcome(film: Path, *options: object) -> tuple[str, str | None, float | None]:
    """Return (rule, name, left edge of the crop), or (reason, None, None) of the drop."""
    out = film.parent.parent / "out"
    call("crop", film, "-o", out, "--workers", 1, "--margin", 0, "--force", *options)
    for drop in read_dropped(out / "dropped.parquet"):
        return drop.reason, None, None
    (row,) = read_rows(out / "manifest.parquet")
    assert row.crop_track is not None
    return str(row.subject_rule), row.subject_name, round(row.crop_track[0].x_px)


def test_a_name_a_misread_name_and_who_it_is_not(film: Path) -> None:
    two(film, "Marla Si1va", "Interviewer")
    small = ("--min-face-px", 8)
    assert outcome(film, "--subject", "Otto|Maria Silva", *small) == ("caption", "Maria Silva", 4)
    assert outcome(film, "--not", "Interviewer|Moderator", *small) == ("not", "Marla Si1va", 4)
    assert outcome(film, "--not", "Maria Silva", *small) == ("not", "Interviewer", 56)
    assert outcome(film, *small)[0] == "subject_ambiguous"
    assert outcome(film, "--subject", "Anna Kowalska", *small)[0] == "subject_ambiguous"
    assert outcome(film, "--not", "Moderator", *small)[0] == "subject_ambiguous"


def test_the_column_of_a_label_table_names_the_participant(film: Path, tmp_path: Path) -> None:
    two(film, "Interviewer", "Marla Si1va")
    table = tmp_path / "people.csv"
    table.write_text("path,subject_name\nfilm.mp4,Maria Silva\n", encoding="utf-8")
    assert call("scan", film.parent, "-o", tmp_path / "scan", "--labels", table, "--workers", 1) == 0
    assert call("crop", tmp_path / "scan", "-o", tmp_path / "crop", "--min-face-px", 8, "--workers", 1) == 0
    (row,) = read_rows(tmp_path / "crop" / "manifest.parquet")
    assert (row.subject_rule, row.subject_name) == ("caption", "Maria Silva")


@pytest.mark.parametrize(("rule", "left_px"), [("largest", 4), ("left", 4), ("right", 56)])
def test_a_rule_of_place_is_followed_and_told(film: Path, rule: str, left_px: int) -> None:
    two(film)
    assert outcome(film, "--rule", rule, "--min-face-px", 8) == (rule, None, left_px)


def test_only_refuses_two_and_no_rule_is_a_drop(film: Path) -> None:
    two(film)
    assert outcome(film, "--rule", "only", "--min-face-px", 8)[0] == "subject_ambiguous"
    assert outcome(film, "--min-face-px", 8)[0] == "subject_ambiguous"


def test_a_swap_under_captions_that_stay_is_caught_unless_the_check_is_off(film: Path) -> None:
    two(film, "Maria Silva", "Interviewer", swap_s=1.0)
    words = ("--subject", "Maria Silva", "--min-face-px", 8)
    assert outcome(film, *words)[0] == "subject_changed"
    assert outcome(film, *words, "--no-check-person")[0] == "caption"


@pytest.mark.parametrize("detector", ["mnet", "resnet50"])
def test_least_score_and_least_size_hold_for_both_detectors(film: Path, detector: Detector) -> None:
    two(film, score=0.6, detector=detector)
    words = ("--rule", "left", "--detector", detector)
    assert outcome(film, *words, "--min-face-px", 8)[0] == "no_face"
    assert outcome(film, *words, "--min-face-px", 8, "--min-score", 0.5)[0] == "left"
    assert outcome(film, *words, "--min-face-px", 40, "--min-score", 0.5)[0] == "face_too_small"
