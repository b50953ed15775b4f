"""A container reads no other file and asks no host, on a disk and in a store alike."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.films import number_of, pictures, write_film
from tests.media.crafted import NUM_OWN, REFERRING, SELF_CONTAINED
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe


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
    assert probe(str(path)).num_frames == NUM_OWN
    if path.suffix != ".gif":  # its palette has few colours
        assert [number_of(frame.rgb()) for frame in decode(str(path))] == list(range(NUM_OWN))
