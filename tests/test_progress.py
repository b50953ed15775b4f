"""Progress is told to people and to programs alike, and what it took is kept."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.films import pictures, write_film
from vqaprep import cli
from vqaprep.engines import Done, Failed
from vqaprep.errors import InputError
from vqaprep.rows import Dropped
from vqaprep.running.progress import JsonLines, Metered, Progress, progress
from vqaprep.running.prometheus import MetricsFile

HALF_S = 0.5


class Measured:
    """An engine whose every item takes half a second, it says."""

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        yield from (Done(i, work(item), HALF_S) for i, item in enumerate(items))


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_a_record_tells_programs_what_the_line_tells_people(logged: pytest.LogCaptureFixture) -> None:
    with progress("crop", 4, reused=1) as shown:
        shown.advance([Dropped("v", "crop", "no_face", "")])
    fields = getattr(logged.records[-1], "progress")  # noqa: B009  an extra of the record
    assert {key: fields[key] for key in ("title", "total", "items", "reused", "dropped")} == {
        "title": "crop",
        "total": 4,
        "items": 2,
        "reused": 1,
        "dropped": {"no_face": 1},
    }
    assert fields["eta_s"] > 0
    line = json.loads(JsonLines().format(logged.records[-1]))
    assert line["progress"] == fields
    assert line["message"] == logged.records[-1].getMessage()


def test_the_rate_leaves_out_what_an_earlier_run_did() -> None:
    shown = Progress("crop", 10, done=6, reused=4)
    shown.started_s -= 100
    assert shown.rate == pytest.approx(0.02, rel=0.01)
    assert shown.eta_s == pytest.approx(200, rel=0.01)
    assert Progress("crop", 10, done=4, reused=4).eta_s is None


def test_seconds_of_all_workers_go_into_the_ledger() -> None:
    ledger: dict[str, Any] = {}
    with progress("shard", 5, ledger=ledger) as shown:
        shown.advance(by=2)  # tars that are there already
        for _ in Metered(Measured(), shown).map(str, range(3)):
            shown.advance()
    assert ledger["shard"] | {"seconds": 0, "items_per_s": 0} == {
        "items": 5,
        "reused": 2,
        "dropped": {},
        "seconds": 0,
        "worker_s": 3 * HALF_S,
        "items_per_s": 0,
    }


def test_the_metrics_file_is_text_that_prometheus_reads(tmp_path: Path) -> None:
    path = tmp_path / "vqaprep.prom"
    logger = logging.Logger("test")
    logger.addHandler(MetricsFile(path))
    fields = {"items": 3, "reused": 1, "seconds": 2.5, "worker_s": 4.0, "items_per_s": 0.8, "total": 9, "eta_s": None}
    for title, drops in (("scan", {}), ('render "a"\\b\n', {"no_face": 2})):
        logger.info("", extra={"progress": fields | {"title": title, "dropped": drops}})
    lines = path.read_text(encoding="utf-8").splitlines()
    assert 'vqaprep_items_done{step="scan"} 3' in lines
    assert r'vqaprep_rows_dropped{step="render \"a\"\\b\n",reason="no_face"} 2' in lines
    described = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert {line.split("{")[0] for line in lines if not line.startswith("#")} == described
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_metrics_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--metrics-file"):
        MetricsFile(tmp_path / "missing" / "x.prom")


def test_a_run_keeps_its_rates_and_its_metrics(folder: Path, tmp_path: Path) -> None:
    write_film(folder / "good.mp4", pictures(10))
    (folder / "bad.mp4").write_bytes(b"no film")
    metrics = tmp_path / "x.prom"
    cli.main(["scan", str(folder), "-o", str(tmp_path / "out"), "--workers", "1", "--metrics-file", str(metrics)])
    work = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["work"]["scan"]
    assert (work["items"], work["dropped"]) == (2, {"unreadable": 1})
    assert 0 < work["worker_s"] <= work["seconds"]
    assert 'vqaprep_rows_dropped{step="scan",reason="unreadable"} 1' in metrics.read_text(encoding="utf-8")
