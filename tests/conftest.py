"""What every test may rely on: one torch thread, and a cache of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep looks and fetched files of a test out of the user's cache."""
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def one_thread() -> None:
    """Let torch use one thread, so that tests side by side do not fight for cores."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for videos."""
    made = tmp_path / "videos"
    made.mkdir()
    return made
