"""What every test may rely on: a cache of its own, and a folder for videos."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep looks and fetched files of a test out of the user's cache."""
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for videos."""
    made = tmp_path / "videos"
    made.mkdir()
    return made
