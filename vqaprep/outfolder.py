"""The folder a command writes: opened, resumed, or refused; complete when `run.json` is there."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from vqaprep.durable import sweep, write_json
from vqaprep.errors import LIMITED, InputError, VqaprepError
from vqaprep.hold import HELD, Hold, hold
from vqaprep.storage import StorePath, remove_tree

_log = logging.getLogger(__name__)
_RUN = "run.json"
_STARTED = "started.json"
_PACKAGES = ("vqaprep", "av", "numpy", "opencv-python-headless", "torch", "pyarrow", "onnxruntime", "easyocr")


@dataclass
class OutFolder:
    """An OUT folder that this run may write to, and no other run while this one lives."""

    path: Path
    command: str
    settings: dict[str, Any]
    input_sha256: str
    is_complete: bool = False
    started_s: float = field(default_factory=time.monotonic)
    ledger: dict[str, Any] = field(default_factory=dict)
    """Items, seconds and rate of each piece of work that this run did, for `run.json`."""
    held: Hold | None = field(default=None, repr=False)

    def finish(self, **results: Any) -> None:
        """Remove what killed workers left, and write `run.json`: from now on the folder is complete."""
        for folder in (self.path, *_rooms(self.path)):
            sweep(folder)
        seconds = round(time.monotonic() - self.started_s, 3)
        made = {"seconds": seconds, "work": self.ledger, "versions": _versions()}
        write_json(self.path / _RUN, self._identity() | results | made)
        (self.path / _STARTED).unlink(missing_ok=True)
        self.is_complete = True
        self.release()

    def release(self) -> None:
        """Let other runs write here."""
        if self.held is not None:
            self.held.release()

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Give the folder up again when the block refuses its input before it has written anything."""
        try:
            yield
        except InputError:
            if _names(self.path) == {_STARTED}:
                self.release()
                remove_tree(self.path)
            raise

    def _identity(self) -> dict[str, Any]:
        return {"command": self.command, "settings": self.settings, "input_sha256": self.input_sha256}


def open_out(
    path: Path, command: str, settings: dict[str, Any], *, input_sha256: str, force: bool = False
) -> OutFolder:
    """Create `path` (private to its owner), or find what an earlier run of the same command left there.

    Raises:
        InputError: the folder holds something else, or another command, settings or input, or is being
            written by another run; says which.
    """
    settings = json.loads(json.dumps(settings))
    out = OutFolder(path, command, settings, input_sha256)
    made = None
    with suppress(OSError):  # what cannot be read cannot be taken either, which says why
        made = None if force else read_run(path)
    if made is not None:  # nothing will be written: whoever else looks at the folder is no trouble
        _refuse_difference(path, made, out._identity())
        out.is_complete = True
        return out
    out.held = take(path)
    try:
        out.is_complete = _take_up(out, force=force)
    except BaseException:
        out.release()
        raise
    if out.is_complete:
        out.release()
    return out


def take(path: Path) -> Hold:
    """Make the folder `path`, private to its owner, if it is not there, and keep other runs out of it.

    Raises:
        InputError: nothing can be written there, or another run writes there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return hold(path)
    except OSError as error:
        if error.errno in LIMITED:
            raise
        raise InputError(f"cannot write to {path}: {error.strerror or error}; choose another -o/--out") from error


def _take_up(out: OutFolder, *, force: bool) -> bool:
    """Make the folder this run's, and say whether it is complete."""
    path = out.path
    if force and any(_is_ours(path / name) for name in (_RUN, _STARTED)):
        _clear(path)
    made = read_run(path)
    before = made or _read(path / _STARTED)
    if before is not None:
        _refuse_difference(path, before, out._identity())
    elif _names(path):
        raise InputError(f"{path} is not empty and no vqaprep run made it; choose another -o/--out")
    else:
        write_json(path / _STARTED, out._identity())
    return made is not None


def read_run(path: Path) -> dict[str, Any] | None:
    """Return the `run.json` of a complete folder, or None."""
    return _read(path / _RUN)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, RecursionError) as error:
        raise VqaprepError(f"{path} is damaged ({error}); use --force to start over") from error
    return value if isinstance(value, dict) and "command" in value else None


def _is_ours(path: Path) -> bool:
    """Say whether a run of ours wrote `path`; a damaged one counts, so that `--force` gets past it."""
    try:
        return _read(path) is not None
    except VqaprepError:
        return True


def _refuse_difference(path: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    if before["command"] != now["command"]:
        raise InputError(f"{path} was made by `vqaprep {before['command']}`; choose another -o/--out, or --force")
    keys = sorted(before["settings"].keys() | now["settings"].keys())
    changed = [
        f"{key} was {before['settings'].get(key)!r}, is {now['settings'].get(key)!r}"
        for key in keys
        if before["settings"].get(key) != now["settings"].get(key)
    ]
    if changed:
        raise InputError(f"{path} was made with other settings: {'; '.join(changed)}. Use --force to start over")
    if before["input_sha256"] != now["input_sha256"]:
        raise InputError(f"{path} was made from another input; choose another -o/--out, or --force to start over")


def _clear(path: Path) -> None:
    _log.warning("--force: starting %s over", path)
    for name in _names(path):
        entry = path / name
        remove_tree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def _rooms(path: Path) -> list[Path]:
    """Return the folders in `path` that are its own, and no OUT of another run."""
    found = [] if isinstance(path, StorePath) else [entry for entry in path.iterdir() if entry.is_dir()]
    return [room for room in found if not {_RUN, _STARTED} & _names(room)]


def _names(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()} - {HELD}


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
