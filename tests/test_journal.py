"""What a run has finished is known after any crash, and nothing else is."""

from pathlib import Path

import pytest

from tests.made import clip, video
from vqaprep.journal import Journal
from vqaprep.rows import Dropped, Row

RESULTS: dict[str, list[Row | Dropped]] = {
    "a": [video("a", label="line\u2028end\x85\x0b")],
    "b": [clip("b"), clip("b", 1)],
    "c": [Dropped("c", "scan", "corrupt", "words\nof the decoder")],
    "name \udcff": [Dropped("name", "scan", "unreadable")],
    "empty": [],
}


def write(path: Path) -> None:
    with Journal(path) as book:
        for item, result in RESULTS.items():
            book.record(item, result)


def test_results_come_back_by_item(tmp_path: Path) -> None:
    write(tmp_path / "j")
    assert Journal(tmp_path / "j").finished() == RESULTS


def test_no_journal_means_nothing_is_finished(tmp_path: Path) -> None:
    assert Journal(tmp_path / "j").finished() == {}


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.6, 0.9, 0.999])
def test_a_torn_journal_gives_whole_results_only_and_goes_on(tmp_path: Path, kept_share: float) -> None:
    path = tmp_path / "j"
    write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept_share * len(data))])
    kept = Journal(path).finished()
    assert kept.items() <= RESULTS.items()
    with Journal(path) as book:
        book.record("later", [video("later")])
    assert Journal(path).finished() == kept | {"later": [video("later")]}


def test_bytes_that_are_no_text_cost_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path)
    path.write_bytes(b"\xff\xfe garbage\n" + path.read_bytes())
    assert Journal(path).finished() == RESULTS
