"""Under a low limit a command does its work or ends in one message, and loses nothing; `make soak` tries all limits."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.limits import LIMITS, TRIM, Limit, can_mount, problems
from tests.faults.project import begin, content, make


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """Work in a folder with films and their scan; yield what `trim` makes of it without limits."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("limits"))
    begin()
    make(["scan"])
    from tests.calling import call

    assert call(*TRIM[:-1], "whole") == 0
    yield content(Path("whole"))
    os.chdir(before)


@pytest.mark.parametrize("limit", [limit for limit in LIMITS if limit.is_cheap], ids=lambda limit: limit.name)
def test_a_low_limit_costs_no_row(limit: Limit, whole: dict[str, bytes]) -> None:
    assert limit.command == TRIM
    if limit.mount and not can_mount():
        pytest.skip("this user may not mount disks")
    assert problems(limit, whole) == []
