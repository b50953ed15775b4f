"""Closed and full streams, low limits and odd environments end in the work done or in one message.

Each runs the whole program once, as these belong to its process; `make soak` has the long list.
"""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.calling import call
from vqaprep.cli import failures
from vqaprep.cli.streams import more_open_files
from vqaprep.errors import InputError

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def program(
    *words: str | Path, sh: str = "", before: Callable[[], None] | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python -m vqaprep`; `sh` is what a shell adds to it, such as `2>&-`."""
    command = ["sh", "-c", f'"$0" -m vqaprep "$@" {sh}', sys.executable, *map(str, words)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])} | (env or {})
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before, env=environment)


def test_a_closed_standard_error_stops_no_work(study: Path, tmp_path: Path) -> None:
    done = program("trim", study / "videos.parquet", "-o", tmp_path / "out", sh="2>&- <&-")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'out'}: 2 rows, 0 dropped\n")


def test_full_streams_are_said_where_that_is_possible(study: Path, tmp_path: Path) -> None:
    both = program("trim", study / "videos.parquet", "-o", tmp_path / "out", sh=">/dev/full 2>/dev/full")
    assert (both.returncode, both.stdout, both.stderr) == (1, "", "")
    done = program("trim", study / "videos.parquet", "-o", tmp_path / "out", sh=">/dev/full")
    assert done.returncode == 1
    assert done.stderr.startswith("vqaprep: standard output cannot be written (No space left on device)")
    assert len(done.stderr.splitlines()) == 1
    assert (tmp_path / "out" / "run.json").exists()


def test_a_name_in_unicode_is_read_under_an_ascii_locale(study: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Müller"
    folder.mkdir()
    (folder / "ü.parquet").write_bytes((study / "videos.parquet").read_bytes())
    done = program("trim", folder / "ü.parquet", "-o", folder / "out", env=ASCII)
    assert done.returncode == 0, done.stderr
    assert "Müller" in done.stdout


def test_a_file_size_limit_is_named_with_its_remedy(study: Path, tmp_path: Path) -> None:
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    done = program("trim", study / "videos.parquet", "-o", tmp_path / "out", before=limited)
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert "(100 bytes)" in done.stderr and "ulimit -f unlimited" in done.stderr and "resumes" in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.EMFILE, "Too many open files"), 1, ["ulimit -n", "--workers", "resumes"]),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), 1, ["ulimit -u", "--workers"]),
        (RuntimeError("can't start new thread"), 1, ["ulimit -u", "--workers"]),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 1, ["memory", "--batch"]),
        (MemoryError(), 1, ["memory", "--workers", "resumes"]),
        (OSError(errno.ENOSPC, "No space left on device"), 1, ["the disk is full", "Free space"]),
        (PermissionError(errno.EACCES, "Permission denied", "labels.csv"), 2, ["labels.csv: permission", "ls -l"]),
        (PermissionError(errno.EACCES, "x", "out/.manifest.parquet.0a1b.tmp"), 2, ["out: permission"]),
        (OSError(errno.EROFS, "Read-only file system", "/dev/shm/x"), 2, ["/dev/shm/x", "--engine inline"]),
        (OSError(errno.EROFS, "Read-only file system", "out/x"), 2, ["out/x: the disk is read-only"]),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "x"), 2, ["x: this is a folder", "name the file"]),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x"), 2, ["too long", "shorten"]),
        (FileNotFoundError(errno.ENOENT, "No such file", "x"), 1, ["x: this is not there", "bring it back"]),
        (OSError(errno.ESTALE, "Stale file handle", "x"), 1, ["x:", "Stale file handle", "resumes"]),
        (ImportError("libx.so: failed to map segment"), 2, ["cannot be loaded", "vqaprep doctor"]),
        (EOFError("Ran out of input"), 1, ["EOFError", "Ran out of input", "--verbose"]),
    ],
    ids=str,
)
def test_an_error_of_the_system_is_one_message(error: Exception, code: int, said: list[str]) -> None:
    told, ended = failures.explained(error)
    assert (ended, [word for word in said if word not in told]) == (code, [])


def test_what_a_library_makes_of_a_limit_is_said_as_the_limit() -> None:
    try:
        try:
            raise OSError(errno.EMFILE, "Too many open files")
        except OSError:
            raise AttributeError("'NoneType' object has no attribute 'kill'")  # noqa: B904  as a library does
    except AttributeError as error:
        assert "ulimit -n" in failures.explained(error)[0]


def test_a_full_disk_of_temporary_files_is_not_taken_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/elsewhere")
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0 if path == "/elsewhere" else 10**12))
    told, _ = failures.explained(OSError(errno.ENOSPC, "No space left on device"))
    assert "/elsewhere, which holds temporary files" in told and "TMPDIR" in told


def test_the_end_of_a_file_is_no_interruption(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise EOFError("Ran out of input")

    monkeypatch.setattr("vqaprep.jobs.prepare.read_source", ended)
    assert call("trim", study / "videos.parquet", "-o", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "Ran out of input" in told and "interrupted" not in told


def test_a_user_without_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    from vqaprep.packages.cache import cache_dir

    def unknown() -> Path:
        raise RuntimeError("Could not determine home directory.")

    for name in ("VQAPREP_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", unknown)
    with pytest.raises(InputError, match="no home folder; set HOME, or VQAPREP_CACHE"):
        cache_dir()


def test_a_low_soft_limit_of_open_files_is_raised() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(200, before[1]), before[1]))
        more_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(before[1], 8192)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_an_error_whose_causes_form_a_circle_is_explained() -> None:
    first, second = ValueError("first"), OSError(errno.EMFILE, "Too many open files")
    first.__context__, second.__context__ = second, first
    assert "ulimit -n" in failures.explained(first)[0]
    first.__context__, second.__context__ = (third := KeyError("third")), None
    third.__cause__ = first
    assert "does not expect: ValueError" in failures.explained(first)[0]
