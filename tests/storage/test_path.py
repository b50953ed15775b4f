"""An address of a store is used like a path of a disk, and `file://` is one."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.storage.server import Gate
from vqaprep.errors import InputError, MediaError, StorageError
from vqaprep.media import source_bytes
from vqaprep.media.container import open_video
from vqaprep.settings.written import is_path
from vqaprep.sources.folders import list_videos
from vqaprep.storage import StorePath, at, remove_tree, states
from vqaprep.storage.durable import durable
from vqaprep.storage.ranges import Ranges


def test_addresses_become_what_they_name() -> None:
    assert at("a/b") == Path("a/b") and at(Path("a")) == Path("a")
    assert at("file:///a/b") == Path("/a/b") and not isinstance(at("file:///a/b"), StorePath)
    assert isinstance(at("s3://bucket/a"), StorePath) and at(at("s3://bucket/a")) == at("s3://bucket/a/")


@pytest.mark.parametrize(
    ("address", "words"),
    [("nowhere://b/a", "s3:// and gs://"), ("http://host/a.mp4", "s3:// and gs://"), ("s3://", "names no bucket")],
)
def test_an_address_that_names_nothing_is_refused(address: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        at(address)


def test_names_are_taken_apart_and_put_together_as_those_of_files_are() -> None:
    path = at("s3://bucket/a/b.tar.gz")
    assert str(path) == "s3://bucket/a/b.tar.gz" and str(path.parent / "c") == "s3://bucket/a/c"
    assert (path.name, path.stem, path.suffix) == ("b.tar.gz", "b.tar", ".gz")
    assert str(path.with_suffix(".json")) == "s3://bucket/a/b.tar.json"
    assert str(path.relative_to(at("s3://bucket"))) == "a/b.tar.gz"
    assert path.is_absolute() and path.resolve() == path.absolute() == path


def test_an_address_works_in_another_process() -> None:
    path = at("s3://bucket/a")
    assert pickle.loads(pickle.dumps(path)) == path
    assert str(pickle.loads(pickle.dumps(path))) == "s3://bucket/a"


def test_objects_are_written_read_and_found() -> None:
    folder = at("s3://bucket/objects")
    assert not folder.exists() and list(folder.iterdir()) == []
    (folder / "a.txt").write_text("line\nnext\n", encoding="utf-8")
    (folder / "deep" / "b.bin").write_bytes(b"0123456789")
    assert folder.is_dir() and not folder.is_file() and (folder / "a.txt").is_file()
    assert {path.name for path in folder.iterdir()} == {"a.txt", "deep"}
    assert [path.name for path in folder.glob("*.txt")] == ["a.txt"]
    assert {path.name for path in folder.rglob("*")} == {"a.txt", "b.bin"}
    with (folder / "a.txt").open(encoding="utf-8") as file:
        assert list(file) == ["line\n", "next\n"]
    assert (folder / "deep" / "b.bin").stat().st_size == 10
    remove_tree(folder)
    remove_tree(folder)
    assert not folder.exists()


def test_a_folder_may_be_removed_twice(tmp_path: Path) -> None:
    (tmp_path / "out" / "in").mkdir(parents=True)
    remove_tree(tmp_path / "out")
    remove_tree(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_object_that_is_no_video_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    at("memory://bucket/no.mp4").write_bytes(b"nothing to see")
    opened: list[Ranges] = []

    class Kept(Ranges):
        def __init__(self, *how: Any) -> None:
            super().__init__(*how)
            opened.append(self)

    monkeypatch.setattr(source_bytes, "Ranges", Kept)
    with pytest.raises(MediaError, match="unreadable"), open_video("memory://bucket/no.mp4"):
        raise AssertionError("it was opened")
    assert opened[0].closed


@pytest.mark.parametrize("size", [0, 10, (1 << 21) + 3, 20 << 20])
def test_any_part_of_an_object_can_be_read(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + bytes(size % 256)
    path = at("s3://bucket/parts")
    path.write_bytes(data)
    with path.open("rb") as file:
        assert file.read() == data
        for place in (size // 2, 0, max(0, size - 5), size // 3):
            file.seek(place)
            assert file.read(7) == data[place : place + 7]
        assert file.seek(-min(3, size), 2) == size - min(3, size)
        assert file.read() == data[size - min(3, size) :]


def test_a_long_file_goes_up_in_parts_and_appears_at_the_end(tmp_path: Path, door: Gate) -> None:
    path = at("s3://bucket/long")
    data = bytes(range(256)) * (101 << 12)
    with durable(path) as temporary:
        temporary.write_bytes(data)
        assert not path.exists()
    assert path.read_bytes() == data
    assert len([asked for asked in door.seen if asked.startswith("PUT") and "partNumber" in asked]) > 1


def test_nothing_appears_when_writing_fails() -> None:
    path = at("s3://bucket/failed")
    with pytest.raises(RuntimeError), durable(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not path.exists()


def test_what_a_store_cannot_do_fails_loudly(tmp_path: Path) -> None:
    path = at("s3://bucket/a")
    with pytest.raises(OSError, match="whole objects"):
        path.open("a")
    for action in (lambda: path.rename(tmp_path / "x"), lambda: open(path).close(), lambda: path.chmod(0o600)):  # noqa: PTH123
        with pytest.raises(TypeError, match="lies in a store"):
            action()


def test_videos_in_a_bucket_are_found_in_order_and_asked_for_once_a_folder(door: Gate) -> None:
    folder = at("s3://bucket/found")
    for name in ("b.mp4", "a.MKV", "deep/c.webm", "notes.txt"):
        (folder / name).write_bytes(name.encode())
    found = list(list_videos(folder).uris)
    assert found == [f"s3://bucket/found/{name}" for name in ("a.MKV", "b.mp4", "deep/c.webm")]
    door.seen.clear()
    told = states(found)
    assert [size for _, size, _ in told] == [5, 5, 11]
    assert len(door.seen) == 2
    (folder / "b.mp4").write_bytes(b"longer")
    assert states(found) != told
    assert list(list_videos(folder / "b.mp4").uris) == ["s3://bucket/found/b.mp4"]


def test_a_failing_store_is_never_taken_for_an_empty_one(door: Gate) -> None:
    path = at("s3://bucket/kept")
    path.write_text("here")
    door.failures = -1
    for action in (path.exists, path.is_file, path.is_dir, path.stat, path.read_bytes, lambda: list(path.iterdir())):
        with pytest.raises(StorageError, match="s3://bucket/kept"):
            action()


def test_an_exclusive_object_is_created_once() -> None:
    path = at("s3://bucket/once")
    assert isinstance(path, StorePath)
    path.create(b"first")
    with pytest.raises(FileExistsError):
        path.create(b"second")
    assert path.read_bytes() == b"first"


def test_settings_that_are_paths_are_known() -> None:
    assert is_path(Path) and is_path(Path | None) and is_path(tuple[Path, ...])
    assert not is_path(str) and not is_path(tuple[str, ...])
