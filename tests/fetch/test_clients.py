"""Registry clients: the real pip on a local folder, stand-ins for npm and apt-get."""

import fcntl
import shutil
from pathlib import Path

import pytest

from tests.fetch.packages import let_pip_see_only, make_tar, make_wheel, put_program
from vqaprep.errors import InputError
from vqaprep.packages.clients import download
from vqaprep.packages.source import PackageSource


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder that pip may take packages from."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    let_pip_see_only(folder, monkeypatch)
    return folder


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Return an empty folder to download into."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose programs come before all others."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_wheel_for_another_python_is_fetched(shelf: Path, inbox: Path) -> None:
    make_wheel(shelf, "footage", members={})
    archive = download(PackageSource("wheel", "footage", "1.0"), inbox, timeout_s=60)
    assert archive == inbox / "footage-1.0-py3-none-any.whl"


def test_sdist_is_fetched_and_never_built(shelf: Path, inbox: Path, tmp_path: Path) -> None:
    trace = tmp_path / "was-built"
    build = f"open({str(trace)!r}, 'w')"
    make_tar(shelf / "footage-1.0.tar.gz", members={"footage-1.0/setup.py": build.encode()})
    archive = download(PackageSource("sdist", "footage", "1.0"), inbox, timeout_s=60)
    assert archive.read_bytes() == (shelf / "footage-1.0.tar.gz").read_bytes()
    assert not trace.exists()


def test_sdist_is_not_replaced_by_a_wheel(shelf: Path, inbox: Path) -> None:
    make_wheel(shelf, "footage", members={})
    with pytest.raises(InputError, match=r"no source archive of footage==1\.0"):
        download(PackageSource("sdist", "footage", "1.0"), inbox, timeout_s=60)


@pytest.mark.usefixtures("shelf")
def test_absent_wheel_is_told_in_the_words_of_pip_with_a_remedy(inbox: Path) -> None:
    with pytest.raises(InputError, match=r"wheel:nowhere==1 cannot .*No matching distribution.*pip config"):
        download(PackageSource("wheel", "nowhere", "1"), inbox, timeout_s=60)


def test_npm_is_asked_for_the_exact_version(programs: Path, inbox: Path) -> None:
    put_program(programs, "npm", script='echo "$@" > package-1.0.tgz')
    archive = download(PackageSource("npm", "@scope/package", "1.0"), inbox, timeout_s=60)
    assert archive.read_text().split()[0] == "pack"
    assert archive.read_text().split()[-1] == "@scope/package@1.0"


def test_error_lines_of_a_client_are_told_not_its_chatter(programs: Path, inbox: Path) -> None:
    put_program(programs, "npm", script='echo "npm notice hello" >&2; echo "npm error 404" >&2; exit 1')
    with pytest.raises(InputError, match="cannot be fetched: npm error 404; install npm"):
        download(PackageSource("npm", "package", "1.0"), inbox, timeout_s=60)


def test_client_that_is_not_installed_is_named(tmp_path: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(InputError, match="apt-get is not on this machine; this needs Debian"):
        download(PackageSource("deb", "package", None), inbox, timeout_s=60)


def test_client_that_leaves_no_archive_is_an_error(programs: Path, inbox: Path) -> None:
    put_program(programs, "apt-get", script="exit 0")
    with pytest.raises(InputError, match=r"left 0 files named \*\.orig\.tar\.\*"):
        download(PackageSource("src", "package", None), inbox, timeout_s=60)


@pytest.mark.timeout(30)
def test_client_that_hangs_is_ended_with_its_children(programs: Path, inbox: Path) -> None:
    put_program(programs, "npm", script="exec 9>lock; flock 9; sleep 600 & wait")
    with pytest.raises(InputError, match=r"no answer within 0\.5 s"):
        download(PackageSource("npm", "package", "1.0"), inbox, timeout_s=0.5)
    with (inbox / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # would wait for as long as any child holds it


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not on this machine")
def test_debian_package_becomes_a_tar(programs: Path, inbox: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN" / "control").write_text(
        "Package: films\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: films\n"
    )
    (tree / "usr").mkdir()
    (tree / "usr" / "film.mp4").write_bytes(b"film")
    put_program(programs, "apt-get", script=f"dpkg-deb --build {tree} films_1_all.deb")
    archive = download(PackageSource("deb", "films", None), inbox, timeout_s=60)
    assert archive.suffix == ".tar"
    assert b"usr/film.mp4" in archive.read_bytes()
