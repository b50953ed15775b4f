"""Our numbers stand beside the published ones, with the known errors, in the page and on standard output."""

import json
from pathlib import Path

import pytest

from vqaprep.errors import InputError
from vqaprep.evaluation.table import write_table
from vqaprep.jobs import Common, get_job

PUBLISHED = [
    {
        "pipeline": "a.toml", "folder": "03-compare", "paper": "SSL-V3", "table": "Table 2", "row": "Movie",
        "values": {
            "pooled.accuracy": {"value": 0.8857, "std": None, "error": None},
            "pooled.specificity": {"value": 0.8235, "std": None, "error": "14/17 is another theme's count"},
        },
    },
    {
        "pipeline": "b.toml", "folder": "04-evaluate", "paper": "SSL-V3", "table": "Table 4", "row": "HF",
        "values": {"quality.videos.srocc": {"value": 0.9, "std": 0.01, "error": None}},
    },
    {
        "pipeline": "c.toml", "folder": "05-evaluate", "paper": "SSL-V3", "table": "Table 5", "row": "not yet",
        "values": {"quality.videos.srocc": {"value": 0.5, "std": None, "error": None}},
    },
]  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for folder in ("03-compare", "04-evaluate"):
        (tmp_path / folder).mkdir()
    ours = {"name": "x", "pooled.accuracy": 0.9, "pooled.specificity": 0.7, "pooled.accuracy_std": 0.02}
    write_table([ours, {"name": "x: NIQE", "pooled.accuracy": 0.1}], tmp_path / "03-compare" / "comparison")
    metrics = json.dumps({"quality": {"videos": {"srocc": 0.8}}, "num_examples": 3})
    (tmp_path / "04-evaluate" / "metrics.json").write_text(metrics, encoding="utf-8")
    (tmp_path / "pipeline.json").write_text(json.dumps({"published": PUBLISHED, "steps": []}), encoding="utf-8")
    return tmp_path


def report_text(run: Path) -> str:
    job = get_job("report")
    return "\n".join(job.run(run, Path(), job.settings(against="paper"), Common()))


def test_each_number_stands_beside_ours(run: Path) -> None:
    text = report_text(run)
    assert "| Table 2 | Movie | pooled.accuracy | 0.8857 | 0.9000 ± 0.0200 | +0.0143 |  |" in text
    assert "| 0.9000 ± 0.0100 | 0.8000 | -0.1000 |  |" in text


def test_known_errors_are_marked(run: Path) -> None:
    assert "| 0.8235 | 0.7000 | -0.1235 | 14/17 is another theme's count |" in report_text(run)


def test_what_is_not_measured_yet_is_empty(run: Path) -> None:
    assert "| Table 5 | not yet | quality.videos.srocc | 0.5000 |  |  |  |" in report_text(run)


def test_the_page_has_them_too(run: Path) -> None:
    report_text(run)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Beside the papers" in page and "14/17 is another theme&#39;s count" in page


def test_a_run_without_published_numbers_is_told(tmp_path: Path) -> None:
    (tmp_path / "pipeline.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no published number belongs to"):
        report_text(tmp_path)
