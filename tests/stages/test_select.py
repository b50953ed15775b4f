"""Select keeps exactly the videos asked for, whole, and says why others are out."""

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tests.made import video
from tests.test_pseudonyms import make_key
from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Row
from vqaprep.rows.pseudonyms import Veil
from vqaprep.settings import validated
from vqaprep.stages.conditions import Condition
from vqaprep.stages.select import Select

ROWS: list[Row] = [video(f"v{i}", theme="ab"[i % 2], split="train", mos=float(i)) for i in range(20)]


def kept(select: Select, rows: list[Row] = ROWS, *, seed: int = 0) -> list[Row]:
    return [row for row in select.decide(rows, np.random.default_rng(seed)) if not isinstance(row, Dropped)]


def test_only_videos_of_the_columns_stay() -> None:
    assert {row.theme for row in kept(Select(where=("theme=a",)))} == {"a"}
    assert len(kept(Select(where=("theme=a|b", "split=train")))) == 20
    assert kept(Select(where=("theme=a", "split=test"))) == []


LABELS: list[Row] = [
    video(f"v{i}", label=label) for i, label in enumerate(["a, b", "a, 1", "1,2", "p|q", "a,b=c", "b"])
]


@pytest.mark.parametrize(
    ("words", "labels"),
    [
        ("label=a, b", ["a, b"]),
        ("label=a, 1", ["a, 1"]),
        ("label=1,2", ["1,2"]),
        ('label="p|q"', ["p|q"]),
        ('label="a,b=c"', ["a,b=c"]),
        ('label="a, 1"|b', ["a, 1", "b"]),
        ('label!="a, 1"|b,label!="1,2"', ["a, b", "p|q", "a,b=c"]),
    ],
)
def test_a_value_may_hold_the_signs_that_separate(words: str, labels: list[str]) -> None:
    """As on the command line; conditions that are hidden are written and read once more."""
    where = tuple(validated(Select, {"where": words}).where)
    assert [row.label for row in kept(Select(where=where), LABELS)] == labels
    assert [str(Condition.parse(str(Condition.parse(word)))) for word in where] == [
        str(Condition.parse(word)) for word in where
    ]


def test_a_draw_counts_videos_and_keeps_their_variants() -> None:
    rows = [row.having(distortion=kind, level=level) for row in ROWS for kind, level in (("none", 0), ("jpeg", 1))]
    found = kept(Select(draw=5), rows)
    assert len({row.video_id for row in found}) == 5 and len(found) == 10
    assert len(kept(Select(draw=50))) == 20


def test_another_seed_draws_others() -> None:
    one, two = ({row.video_id for row in kept(Select(draw=8), seed=seed)} for seed in (0, 1))
    assert one != two


def test_so_many_scores_stay_and_the_others_are_hidden() -> None:
    found = kept(Select(where=("theme=a",), labelled=3))
    assert sum(row.mos is not None for row in found) == 3 and len(found) == 10


PEOPLE: list[Row] = [
    video("a", subject_id="S001", label="calm", mos=3.0, is_vfr=True, extra=(("MoCA", 26), ("Site", "Köln"))),
    video("b", subject_id="S002", label="tense", mos=4.5).having(
        extra=(("MoCA", "24,5"), ("Site", "Bonn"), ("visit", "2024-05-02"))
    ),
    video("c", subject_id="S003", extra=(("visit", "2023-12-31"), ("Site", "none"))),
]  # fmt: skip


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("subject_id!=S002", "ac"),
        ("subject_id != S001|S002", "c"),
        ("Site=Köln|Bonn", "ab"),
        ("mos>=3", "ab"),
        ("mos<4.5", "a"),
        ("mos = 3", "a"),
        ("mos==3.0", "a"),
        ("mos>4,4", "b"),
        ("width_px>95", "abc"),
        ("MoCA>=24.5", "ab"),
        ("MoCA<26", "b"),
        ("visit>=2024-01-01", "b"),
        ("visit<2024", "c"),
        ("label=", "c"),
        ("label!=", "ab"),
        ("MoCA!=26", "bc"),
        ("is_vfr=True", "a"),
        ("is_vfr=no", "bc"),
        ("Site=none", "c"),
    ],
)
def test_conditions_compare_as_their_signs_say(where: str, names: str) -> None:
    if where == "visit<2024":
        with pytest.raises(InputError, match="'2024-05-02', which cannot be compared with '2024'"):
            kept(Select(where=(where,)), PEOPLE)
        return
    assert "".join(row.video_id for row in kept(Select(where=(where,)), PEOPLE)) == names


def test_conditions_must_all_hold() -> None:
    assert [row.video_id for row in kept(Select(where=("mos>=3", "Site!=Köln")), PEOPLE)] == ["b"]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("teme=a", "unknown column 'teme'.*Did you mean 'theme'"),
        ("site=Köln", "unknown column 'site'. Did you mean 'Site'.*"),
        ("crop_track=1", "unknown column 'crop_track'"),
        ("Site<5", "Site of /videos/a.mp4 is 'Köln', which cannot be compared with '5'; correct the table"),
    ],
)
def test_a_condition_that_the_rows_cannot_answer_is_refused(where: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        kept(Select(where=(where,)), PEOPLE)


@pytest.mark.parametrize("where", ["theme", "=a", "", "mos<a|b", "mos<3|4", "mos>", "mos>=old"])
def test_a_condition_of_another_form_is_refused_with_the_allowed_ones(where: str) -> None:
    with pytest.raises(
        ValidationError, match=r"is not COLUMN=VALUE; write =, !=|compares with one number, or one date"
    ):
        Select(where=(where,))


def test_conditions_on_hidden_people_are_met_and_hidden_themselves(tmp_path: Path) -> None:
    veil = Veil(make_key(tmp_path / "key"))
    select = Select(where=("subject_id!=S002", "Site=Köln")).hidden(veil)
    assert "S002" not in str(select)
    assert [row.video_id for row in kept(select, [veil.hide(row) for row in PEOPLE])] == ["a"]
