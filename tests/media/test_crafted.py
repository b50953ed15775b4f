"""A container reads no other file and asks no host, and one that lies costs itself: a row, or a drop with a reason."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.passage import ends_of
from tests.films import number_of, pictures, write_film
from tests.media.crafted import NUM_OWN, REFERRING, SELF_CONTAINED
from tests.media.crafted_all import LYING, SAMPLE
from tests.media.opened import nobody_opens
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.rows import Dropped
from vqaprep.sources.scan import scan_one


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A folder with a film that no other file may lead to, and a port that nobody may speak to."""
    folder = tmp_path_factory.mktemp("beside")
    write_film(folder / "private.mp4", pictures(20))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        yield folder, server.getsockname()[1]
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("name", REFERRING)
def test_a_file_that_refers_to_others_is_refused(
    beside: tuple[Path, int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder, port = beside
    monkeypatch.chdir(folder)
    path = folder / name
    path.write_bytes(REFERRING[name](folder, port))
    with nobody_opens(folder / "private.mp4", Path("/etc/hostname")):
        for uri in (str(path), name):
            with pytest.raises(MediaError) as caught:
                probe(uri)
            assert caught.value.reason in ("unreadable", "no_video")
            with suppress(MediaError):
                assert list(decode(uri)) == []


@pytest.mark.parametrize("name", SELF_CONTAINED)
def test_what_only_mentions_others_has_its_own_frames(beside: tuple[Path, int], name: str) -> None:
    folder, port = beside
    path = folder / name
    path.write_bytes(SELF_CONTAINED[name](folder, port))
    with nobody_opens(folder / "private.mp4", Path("/etc/hostname")):
        assert probe(str(path)).num_frames == NUM_OWN
    if path.suffix != ".gif":  # its palette has few colours
        assert [number_of(frame.rgb()) for frame in decode(str(path))] == list(range(NUM_OWN))


@pytest.mark.parametrize("name", LYING)
def test_a_file_that_lies_becomes_a_row_or_a_drop(folder: Path, capfd: pytest.CaptureFixture[str], name: str) -> None:
    path = folder / name
    path.write_bytes(LYING[name]())
    capfd.readouterr()
    (found,) = scan_one(str(path))
    assert not isinstance(found, Dropped) or found.reason not in ("crashed", "timeout", "away"), found
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", SAMPLE)
def test_a_file_that_lies_goes_through_all_stages_or_is_dropped(folder: Path, name: str) -> None:
    path = folder / name
    path.write_bytes(LYING[name]())
    ends = ends_of(str(path), folder)
    assert not [end for end in ends if end.reason in ("escaped", "crashed", "timeout")]


def test_opening_a_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    with pytest.raises(AssertionError, match="was opened"), nobody_opens(tmp_path / "a"):
        (tmp_path / "a").read_bytes()
