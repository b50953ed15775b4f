"""Download one package archive with pip, npm or apt-get, as they are configured on this machine."""

import subprocess
import sys
from pathlib import Path
from typing import IO

from vqaprep.errors import InputError
from vqaprep.errors.child import run_child
from vqaprep.packages.source import Kind, PackageSource


def download(source: PackageSource, folder: Path, *, timeout_s: float) -> Path:
    """Download the archive of `source` into the empty `folder`; return a `.whl`, `.zip` or tar file.

    Nothing of the package is built, installed or run. `timeout_s` bounds each child process.
    Raises `InputError` with the client's own words and what to do about them.
    """
    try:
        _run(_command(source), cwd=folder, timeout_s=timeout_s)
        archive = _only_file(folder, _PATTERNS[source.kind])
        return _unwrap_deb(archive, timeout_s=timeout_s) if source.kind == "deb" else archive
    except _ClientError as error:
        raise InputError(f"{source} cannot be fetched: {error}; {_REMEDIES[source.kind]}") from error


class _ClientError(Exception):
    """A client is absent, failed, or took too long."""


def _command(source: PackageSource) -> list[str]:
    pinned = f"{source.package}=={source.version}"
    match source.kind:
        case "wheel":
            return [sys.executable, "-m", "pip", "download", *_PIP, pinned]
        case "sdist":
            return [sys.executable, "-P", str(Path(__file__).with_name("sdist.py")), pinned]
        case "npm":
            return ["npm", "pack", *_NPM, f"{source.package}@{source.version}"]
        case "deb":
            return ["apt-get", "download", source.package]
        case "src":
            return ["apt-get", "source", "--download-only", "--tar-only", source.package]


def _run(command: list[str], *, cwd: Path, timeout_s: float, stdout: IO[bytes] | None = None) -> None:
    """Run a client in a process group of its own, so that a time-out ends its children too."""
    try:
        ended = run_child(command, timeout_s=timeout_s, cwd=cwd, stdout=stdout)
    except FileNotFoundError as error:
        raise _ClientError(f"{command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise _ClientError(f"no answer within {timeout_s:g} s") from error
    if ended.returncode != 0:
        raise _ClientError(_last_words(ended.stderr.decode(errors="replace")) or f"exit code {ended.returncode}")


def _last_words(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:") or "error" in line.lower()]
    return "; ".join(errors[:2] or lines[-1:])[:400]


def _only_file(folder: Path, pattern: str) -> Path:
    files = sorted(folder.glob(pattern))
    if len(files) != 1:
        raise _ClientError(f"the client left {len(files)} files named {pattern}")
    return files[0]


def _unwrap_deb(package: Path, *, timeout_s: float) -> Path:
    """Write the file tree of a Debian package beside it as a plain tar."""
    target = package.with_suffix(".tar")
    with target.open("wb") as tar:
        command = ["dpkg-deb", "--fsys-tarfile", package.name]
        _run(command, cwd=package.parent, timeout_s=timeout_s, stdout=tar)
    return target


_PIP = (
    "--no-deps",
    "--ignore-requires-python",
    "--only-binary=:all:",
    "--no-cache-dir",
    "--retries=1",
    "--no-input",
    "--quiet",
)
_NPM = ("--ignore-scripts", "--loglevel=error", "--fetch-retries=1")
_PATTERNS: dict[Kind, str] = {
    "wheel": "*.whl",
    "sdist": "*",
    "npm": "*.tgz",
    "deb": "*.deb",
    "src": "*.orig.tar.*",
}
_PIP_REMEDY = "check the network and `pip config list`"
_REMEDIES: dict[Kind, str] = {
    "wheel": _PIP_REMEDY,
    "sdist": _PIP_REMEDY,
    "npm": "install npm, or check the network and `npm config list`",
    "deb": "this needs Debian or Ubuntu; run `apt-get update`",
    "src": "this needs Debian or Ubuntu with deb-src among its sources; run `apt-get update`",
}
