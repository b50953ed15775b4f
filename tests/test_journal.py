"""What a run has finished is known after any crash, and nothing else is."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.made import clip, video
from vqaprep.errors import StorageError
from vqaprep.rows import Dropped, Row
from vqaprep.rows.journal import Journal
from vqaprep.storage import StorePath, at, batches, remove_tree

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


@pytest.fixture
def stored() -> Iterator[Path]:
    """A journal's place in a store."""
    path = at("memory://bucket/out/scan.journal.jsonl")
    yield path
    remove_tree(path)


def test_a_journal_in_a_store_is_a_folder_of_batches(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH_LINES", 2)
    write(stored)
    assert len(list(stored.iterdir())) == 3
    assert Journal(stored).finished() == RESULTS
    with Journal(stored) as book:
        book.record("later", [video("later")])
    assert Journal(stored).finished() == RESULTS | {"later": [video("later")]}
    Journal(stored).remove()
    assert Journal(stored).finished() == {} and not stored.exists()


def test_a_store_has_what_was_recorded_within_seconds(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH_S", 0.05)
    with Journal(stored) as book:
        book.record("a", RESULTS["a"])
        assert Journal(stored).finished() == {}
        until_s = time.monotonic() + 20
        while Journal(stored).finished() != {"a": RESULTS["a"]}:
            assert time.monotonic() < until_s


def test_what_a_store_did_not_take_is_tried_again(stored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_BATCH_S", 0.01)
    asked: list[int] = []

    def fail(*_: Any, **__: Any) -> int:
        asked.append(1)
        raise StorageError("down")

    with Journal(stored) as book:
        with monkeypatch.context() as patch:
            patch.setattr(StorePath, "write_text", fail)
            book.record("a", RESULTS["a"])
            until_s = time.monotonic() + 20
            while not asked:
                assert time.monotonic() < until_s
        book.record("b", RESULTS["b"])
    assert Journal(stored).finished() == {"a": RESULTS["a"], "b": RESULTS["b"]}
