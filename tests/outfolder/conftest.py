"""Folders in which other people's files lie on purpose."""

import pytest


@pytest.fixture
def _only_own_files() -> None:
    """Do without the check of every other test."""
