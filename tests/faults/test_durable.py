"""Files are whole or absent, and what a killed process left half written is taken over."""

import os
import stat
from pathlib import Path

import pytest

from vqaprep.storage.durable import TEMPORARY, durable


def write(path: Path, data: bytes) -> None:
    with durable(path) as temporary:
        temporary.write_bytes(data)


def test_what_a_killed_process_left_is_taken_over(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with durable(tmp_path / "a") as temporary:
            temporary.write_bytes(b"much longer than what comes later")
            os._exit(0)
    os.waitpid(child, 0)
    (left,) = tmp_path.iterdir()
    assert TEMPORARY.fullmatch(left.name)
    write(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"new"


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    with durable(tmp_path / "a") as first:
        first.write_bytes(b"first")
        with durable(tmp_path / "a") as second:
            assert second != first
            second.write_bytes(b"second")
        assert (tmp_path / "a").read_bytes() == b"second"
        with durable(tmp_path / "a") as third:
            third.write_bytes(b"third")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_name_that_another_writer_took_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with durable(tmp_path / "a") as first:
        first.write_bytes(b"first")
        first.rename(tmp_path / "taken")
        first.write_bytes(b"by another process")
    assert (tmp_path / "a").read_bytes() == b"by another process"


def test_a_file_that_failed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wrong"), durable(tmp_path / "a") as temporary:
        temporary.write_bytes(b"half")
        raise ValueError("wrong")
    assert list(tmp_path.iterdir()) == []


def test_the_mode_of_a_new_file_is_as_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write(tmp_path / "open", b"")
        with durable(tmp_path / "private", mode=0o600) as temporary:
            temporary.write_bytes(b"")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("open", "private")] == [0o644, 0o600]


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(b"kept")
    (tmp_path / f".a.{16 * '0'}.tmp").symlink_to(tmp_path / "theirs")
    write(tmp_path / "a", b"new")
    assert (tmp_path / "theirs").read_bytes() == b"kept" and (tmp_path / "a").read_bytes() == b"new"
