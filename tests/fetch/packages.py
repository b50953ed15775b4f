"""Small packages made for a test, and a pip that sees only the folder they are in."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest


def make_wheel(folder: Path, name: str, *, members: Mapping[str, bytes]) -> None:
    """Write `name`-1.0 as a wheel that pip accepts."""
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: <3\n"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", metadata)
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
        for member, content in members.items():
            file.writestr(member, content)


def make_tar(path: Path, *, members: Mapping[str, bytes]) -> None:
    """Write a gzipped tar, such as a source archive."""
    with tarfile.open(path, "w:gz") as file:
        for member, content in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


def let_pip_see_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut pip off from every index and offer it `folder` instead."""
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def put_program(folder: Path, name: str, *, script: str) -> None:
    """Write an executable shell script that stands in for a registry's client."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
