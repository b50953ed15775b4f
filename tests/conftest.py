"""What every test may rely on: a cache of its own, a folder for videos, and a Ctrl-C that is heard."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.outfolder.clearing import foreign


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep looks and fetched files of a test out of the user's cache."""
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True, scope="session")
def _heard_interrupts() -> None:
    """Hear SIGINT, here and in what is started: a shell that sends a command to the background has it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _only_own_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a run completes a folder that `--force` would refuse to clear: a file is missing in `contents`."""
    finish, others = OutFolder.finish, dict[str, list[str]]()

    def checked(self: OutFolder, **results: Any) -> None:
        finish(self, **results)
        others[str(self.path)] = foreign(self.path, self.work.command, self.names)

    monkeypatch.setattr(OutFolder, "finish", checked)
    yield
    assert not {path: names for path, names in others.items() if names}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for videos."""
    made = tmp_path / "videos"
    made.mkdir()
    return made
