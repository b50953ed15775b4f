"""Every row of the papers: its file is sound from the data set's name to the last setting, and small ones run."""

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.compose.people import FILES
from tests.papers.stand_in import PAPERS, rows, run_row
from vqaprep.datasets.layout import dataset_names
from vqaprep.errors import InputError
from vqaprep.jobs.plan import PipelinePlan
from vqaprep.packages.samples import fetch_samples
from vqaprep.packages.weights import weights_path
from vqaprep.settings import Pipeline, read_pipeline
from vqaprep.training.systems import model_settings, recipe_of

NAMES = [row.relative_to(PAPERS).as_posix() for row in rows()]


def planned(row: Path) -> tuple[Pipeline, PipelinePlan]:
    pipeline = read_pipeline(row)
    inputs = {"input": Path("data")} | {name: Path(name) for name in pipeline.inputs}
    return pipeline, PipelinePlan(pipeline, row, Path("out"), inputs, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_is_sound(name: str) -> None:
    pipeline, plan = planned(PAPERS / name)
    assert pipeline.summary and pipeline.published
    for one in plan.work:
        settings: Any = one.settings
        if one.job.name == "scan" and settings.dataset:
            assert settings.dataset in dataset_names()
        if one.job.name == "train":
            model_settings(settings.system, settings.preset, settings.set)
            recipe_of(settings)
    for published in pipeline.published:
        assert len(plan.measured(published)) == 1
        assert all(re.match(r"(pooled|label|quality|retrieval)\.", measure) for measure in published.values)


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_one_folder_prepare_alike(name: str) -> None:
    """Rows may share an OUT: a folder that two of them write is the same work, to the last setting."""
    row = PAPERS / name
    own = {one.folder.name: one for one in planned(row)[1].work}
    for other in sorted(row.parent.glob("*.toml")):
        if other not in rows() or other == row:
            continue
        for one in planned(other)[1].work:
            same = own.get(one.folder.name)
            assert same is None or (same.settings, same.source) == (one.settings, one.source), other.name


def test_the_2000_videos_of_lsvq_are_the_same_in_every_draw_of_500_scores() -> None:
    work = planned(PAPERS / "ssl_vqa" / "full.toml")[1].work
    fixed = [one for one in work if one.folder.name.endswith("semi_supervised")]
    drawn = [one for one in work if "drawn" in one.folder.name]
    settings: Any = [one.settings for one in (*fixed, *drawn)]
    assert [(one.draw, one.labelled) for one in settings] == [(2000, None), *[(None, 500)] * 3]
    assert {one.source for one in drawn} == {fixed[0].folder}


def test_published_numbers_are_shares_and_their_errors_are_marked() -> None:
    numbers = [
        (published.table, measure, number)
        for row in rows()
        for published in read_pipeline(row).published
        for measure, number in published.values.items()
    ]
    assert all(0 < number.value <= 1 for _, _, number in numbers)
    marked = {(table, measure) for table, measure, number in numbers if number.error}
    for known in (
        ("Tables 2, 6 and 7", "pooled.sensitivity"), ("Tables 7 and 8", "pooled.accuracy"),
        ("Tables 6 and 10", "label.subjects.accuracy"), ("Table 4.3", "label.videos.accuracy"),
        ("Table 4.4", "retrieval.R@10"), ("Table 3.3", "retrieval.R@50"), ("Table V", "quality.videos.krocc"),
    ):  # fmt: skip
        assert known in marked


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "ssl_v3/hockey_fight/fl.toml", "pace_vqa/konvid_1k/full.toml", "ssl_vqa/minus.toml",
        "speediness/fine_place_cl.toml", "dualpath_vqa/rough.toml",
    ],
)  # fmt: skip
def test_a_row_runs_from_a_folder_of_the_data_set_to_the_table(name: str, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    assert_measured(run_row(PAPERS / name, tmp_path))


@pytest.mark.slow
@pytest.mark.footage
def test_a_row_of_interviews_runs_on_composed_ones(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    footage = tmp_path / "footage"
    films = fetch_samples(footage, only=[f"faces/{name}" for name in FILES.values()])
    try:
        for name in ("retinaface_mnet025", "easyocr_craft", "easyocr_english"):
            weights_path(name)
    except InputError as error:
        pytest.skip(str(error))
    for film in films:
        if film.status == "missing":
            pytest.skip(film.reason)
    assert_measured(run_row(PAPERS / "ssl_v3" / "crafts" / "fl.toml", tmp_path, footage))


def assert_measured(told: list[str]) -> None:
    measured = [line.split("|")[6].strip() for line in told[1].splitlines()[2:]]
    assert measured and all(measured)
