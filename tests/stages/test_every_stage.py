"""What every stage promises, held against each of them."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made import Inline, clip, look, video
from vqaprep.detect.observations import Observations
from vqaprep.detect.sightings import Sightings
from vqaprep.rows import REASONS, Dropped, Row
from vqaprep.rows.manifest import read_rows, write_rows
from vqaprep.rows.outfolder import open_out
from vqaprep.running.accounts import check_accounts
from vqaprep.running.runner import run_stage
from vqaprep.settings.seeds import rng_for
from vqaprep.stages import Stage, get, stages

CHOICES: dict[str, dict[str, Any]] = {
    "speed": {"task": "fine", "pairs": True, "clips": 3},
    "distort": {"kinds": ("ssl12",), "draw": 4},
    "select": {"where": ("label=x",), "draw": 3},
    "split": {"fractions": (0.5, 0.25, 0.25), "method": "holdout"},
}
SEEN = Observations(look=look(200, cuts=(120,)), sightings=Sightings((), (), (), ()))


def made(kind: type[Stage]) -> Stage:
    return kind(**CHOICES.get(kind.name, {}))


def applied(stage: Stage, rows: list[Row], *, seed: int = 0) -> list[Row | Dropped]:
    """Return what the rows become, seen with the same eyes."""
    if stage.scope == "all":
        return list(stage.decide(rows, rng_for(seed, stage.name)))
    seen = SEEN if stage.needs() != "nothing" else Observations()
    return [result for row in rows for result in stage(row, seen, rng_for(seed, row.video_id, stage.name))]


@pytest.fixture(params=list(stages()))
def stage(request: pytest.FixtureRequest) -> Stage:
    return made(get(request.param))


@pytest.fixture
def rows() -> list[Row]:
    return [video(name, label=label, subject_id=f"s{name}") for name, label in zip("abcdefgh", "xyxyxyxy", strict=True)]


def test_the_usual_order_is_one_of_its_own() -> None:
    ours = ["select", "trim", "crop", "distort", "speed", "split"]
    assert [name for name in stages() if name in ours] == ours
    assert len({kind.step for kind in stages().values()}) == len(stages())


def test_rows_become_rows_or_drops_with_a_reason(stage: Stage, rows: list[Row]) -> None:
    results = applied(stage, rows)
    dropped = [r for r in results if isinstance(r, Dropped)]
    assert all(drop.stage == stage.name and drop.reason in REASONS for drop in dropped)
    check_accounts(rows, [r for r in results if not isinstance(r, Dropped)], dropped)


def test_rows_that_come_in_are_left_as_they_are(stage: Stage, rows: list[Row]) -> None:
    before = repr(rows)
    applied(stage, rows)
    assert repr(rows) == before


def test_the_same_seed_decides_the_same(stage: Stage, rows: list[Row]) -> None:
    assert applied(stage, rows) == applied(made(type(stage)), rows)


def test_a_row_is_decided_alone(stage: Stage, rows: list[Row]) -> None:
    if stage.scope == "row":
        together = [r for r in applied(stage, rows) if r.id.startswith("d")]
        assert together == applied(stage, [rows[3]])


def test_variants_are_decided_alike(stage: Stage) -> None:
    rows = [video("a"), video("a", distortion="jpeg", level=2)]
    if stage.scope == "all":
        assert len({type(r) for r in stage.decide(rows, rng_for(0))}) == 1
        return
    if stage.name == "distort":
        return
    one, two = (applied(stage, [row]) for row in rows)
    plain = [r.reason if isinstance(r, Dropped) else _without_variant(r) for r in one]
    assert plain == [r.reason if isinstance(r, Dropped) else _without_variant(r) for r in two]


def test_an_empty_manifest_gives_nothing(stage: Stage, tmp_path: Path) -> None:
    out = open_out(tmp_path / "out", stage.name, {}, input_sha256="x")
    assert run_stage(stage, [], out, engine=Inline(), seed=0, cache=tmp_path) == []


def test_results_survive_the_disk(stage: Stage, rows: list[Row], tmp_path: Path) -> None:
    kept = [r for r in applied(stage, rows) if not isinstance(r, Dropped)]
    write_rows(tmp_path / "m.parquet", kept)
    assert read_rows(tmp_path / "m.parquet") == kept


def test_settings_come_back_from_json_and_from_a_pipeline_file(stage: Stage) -> None:
    plain = stage.model_dump(mode="json", exclude_none=True)
    assert type(stage)(**json.loads(json.dumps(plain))) == stage
    text = "\n".join(f"{name} = {json.dumps(value)}" for name, value in plain.items())
    assert type(stage)(**tomllib.loads(text)) == stage


def test_settings_cannot_be_changed(stage: Stage) -> None:
    field = next(iter(type(stage).model_fields))
    with pytest.raises(ValueError, match="frozen"):
        setattr(stage, field, getattr(stage, field))


def test_every_setting_says_what_it_is(stage: Stage) -> None:
    assert [name for name, field in type(stage).model_fields.items() if not field.description] == []


def _without_variant(row: Row) -> str:
    return repr(row.having(distortion="none", level=0)).replace("jpeg-2", "none")


def test_clips_keep_their_frames_through_split(rows: list[Row]) -> None:
    clips: list[Row] = [clip(name, number) for name in "abcd" for number in range(3)]
    found = made(get("split")).decide(clips, np.random.default_rng(0))
    assert [r.having(split=None, fold=None) for r in found if not isinstance(r, Dropped)] == clips
