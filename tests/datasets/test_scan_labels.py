"""The labels of a scan: data set and table together, drops, leftovers."""

import csv
from pathlib import Path

import pytest

from tests.datasets.folders import FOLDERS
from tests.datasets.test_label_join import _video
from vqaprep.datasets.labels import Labels, check_labels, labels_for
from vqaprep.datasets.scan_settings import ScanSettings
from vqaprep.datasets.unmatched import write_unmatched
from vqaprep.errors import InputError
from vqaprep.settings import validated
from vqaprep.sources.folders import list_videos


def _table(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def fights(tmp_path: Path) -> Path:
    """Return a small Surveillance Camera Fight folder."""
    return FOLDERS["surv_fight"].build(tmp_path / "set")


def test_without_sources_nothing_is_said(fights: Path) -> None:
    assert labels_for(ScanSettings(), fights, list_videos(fights).uris) == Labels({}, (), (), ())


def test_data_set_labels_the_videos_that_scan_finds(fights: Path) -> None:
    labels = labels_for(ScanSettings(dataset="surv_fight"), fights, list_videos(fights).uris)
    assert labels.columns[str(fights / "fight" / "fi001.mp4")]["label"] == "fight"
    assert labels.unmatched == ()
    assert labels.lines == ("surv_fight: 3 videos of the 300 that are published",)


def test_relative_and_absolute_paths_are_the_same_video(fights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fights.parent)
    labels = labels_for(ScanSettings(dataset="surv_fight"), Path("set"), list_videos(fights).uris)
    assert len(labels.columns) == 3


def test_turned_scores_are_said_aloud(tmp_path: Path) -> None:
    root = FOLDERS["csiq"].build(tmp_path)
    (line,) = labels_for(ScanSettings(dataset="csiq"), root, list_videos(root).uris).lines
    assert line.endswith("mos is 100 - DMOS")


def test_table_outranks_the_data_set_and_adds_to_it(fights: Path, tmp_path: Path) -> None:
    table = _table(tmp_path, "path,label,theme\nfight/fi001.mp4,brawl,street\n")
    settings = ScanSettings(dataset="surv_fight", labels=table)
    labels = labels_for(settings, fights, list_videos(fights).uris)
    expected = {"dataset": "surv_fight", "label": "brawl", "group_id": "film-0", "theme": "street"}
    assert labels.columns[str(fights / "fight" / "fi001.mp4")] == expected


def test_video_without_label_is_dropped_where_one_is_required(tmp_path: Path) -> None:
    settings = ScanSettings(labels=_table(tmp_path, "path,mos,theme\na.mp4,1,x\nb.mp4,,y\n"), require_labels=True)
    labels = labels_for(settings, tmp_path, ["/d/a.mp4", "/d/b.mp4", "/d/c.mp4"])
    assert [(drop.id, drop.reason) for drop in labels.dropped] == [("/d/b.mp4", "no_label"), ("/d/c.mp4", "no_label")]


def test_label_that_a_manifest_brings_counts(tmp_path: Path) -> None:
    rows = [_video("/d/a.mp4", "1").having(mos=3.0), _video("/d/b.mp4", "2")]
    labels = labels_for(ScanSettings(require_labels=True), tmp_path, rows)
    assert [drop.id for drop in labels.dropped] == ["2"]


def test_leftovers_of_both_sides_are_written(tmp_path: Path) -> None:
    settings = ScanSettings(labels=_table(tmp_path, "path,mos\na.mp4,1\nlost.mp4,2\n"))
    labels = labels_for(settings, tmp_path, ["/d/a.mp4", "/d/b.mp4"])
    write_unmatched(tmp_path / "unmatched.csv", labels.unmatched)
    with (tmp_path / "unmatched.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["side", "name"], ["video", "/d/b.mp4"], ["label", "lost.mp4"]]


def test_wrong_sources_are_refused_before_any_video_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown data set"):
        check_labels(ScanSettings(dataset="ucf102"), tmp_path)
    with pytest.raises(InputError, match="no label column"):
        check_labels(ScanSettings(labels=_table(tmp_path, "path\na\n")), tmp_path)


def test_rename_without_a_table_is_refused() -> None:
    with pytest.raises(InputError, match="give it with --labels"):
        validated(ScanSettings, {"column": ("mos=x",)})


def test_another_table_is_another_run(tmp_path: Path) -> None:
    settings = ScanSettings(labels=_table(tmp_path, "path,mos\na,1\n"))
    before = settings.record()
    _table(tmp_path, "path,mos\na,2\n")
    assert settings.record() != before
