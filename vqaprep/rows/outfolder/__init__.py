"""The folder a command writes: opened, resumed, or refused; complete when `run.json` is there."""

import logging
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from vqaprep.errors import LIMITED, InputError, VqaprepError
from vqaprep.rows import UNSETTLED
from vqaprep.rows.outfolder import clearing
from vqaprep.rows.outfolder.record import (
    RUN,
    STARTED,
    Work,
    is_out,
    read_record,
    read_run,
    refuse_command,
    refuse_difference,
)
from vqaprep.rows.outfolder.soundness import damaged, described
from vqaprep.storage import remove_tree
from vqaprep.storage.durable import TEMPORARY, sweep, write_json
from vqaprep.storage.folder import folder_at
from vqaprep.storage.hold import HELD, Hold, hold

_log = logging.getLogger(__name__)
_PACKAGES = ("vqaprep", "av", "numpy", "opencv-python-headless", "torch", "pyarrow", "onnxruntime", "easyocr")


@dataclass
class OutFolder:
    """An OUT folder that this run may write to; other runs are locked out while this one lives."""

    path: Path
    work: Work
    again: frozenset[str] = frozenset()
    """Reasons of drops that are to be tried again."""
    is_complete: bool = False
    is_reopened: bool = False
    """Whether it was complete, and only drops with a reason of `again` and `amended` videos are to be done anew."""
    amended: frozenset[str] = frozenset()
    """Videos whose decisions by people differ from those in the complete folder."""
    started_s: float = field(default_factory=time.monotonic)
    ledger: dict[str, Any] = field(default_factory=dict)
    """Items, seconds and rate of each piece of work that this run did, for `run.json`."""
    names: list[str] = field(default_factory=list)
    """Files below the folder that this work writes and whose names depend on the videos."""
    held: Hold | None = field(default=None, repr=False)

    def will_write(self, names: Iterable[str]) -> None:
        """Record files, relative to the folder, before they are written: only what is recorded is ever cleared."""
        new = sorted(set(names) - set(self.names))
        if new:
            self.names = sorted([*self.names, *new])
            self._start()

    def finish(self, **results: Any) -> None:
        """Remove what killed workers left, and write `run.json`: from now on the folder is complete."""
        for folder in (self.path, *_rooms(self.path)):
            sweep(folder)
        seconds = round(time.monotonic() - self.started_s, 3)
        made = {"seconds": seconds, "work": self.ledger, "versions": _versions()}
        kept = {"names": self.names, "files": described(self.path, self.names)}
        write_json(self.path / RUN, self.work.record() | results | made | kept)
        self.is_complete = True
        self.release()

    def release(self) -> None:
        """Let other runs write here."""
        if self.held is not None:
            self.held.release()

    @contextmanager
    def unless_refused(self) -> Iterator[None]:
        """Release the folder if the block refuses its input before it has written anything."""
        try:
            yield
        except InputError:
            if _names(self.path) == {STARTED}:
                self.release()
                remove_tree(self.path)
            raise

    def _start(self) -> None:
        write_json(self.path / STARTED, self.work.record() | {"names": self.names})


def open_out(
    path: Path,
    command: str,
    settings: dict[str, Any],
    *,
    input_sha256: str,
    version: int = 1,
    force: bool = False,
    retry: Collection[str] = (),
    amendments: Mapping[str, str] | None = None,
) -> OutFolder:
    """Create `path` (private to its owner), or find what an earlier run of the same command left there.

    A complete folder is opened again when its files are damaged, when it has drops whose reason is in `retry`
    or says nothing of the video, or when its `amendments` were others.

    Raises:
        InputError: the folder holds something else, or another command, settings or input, or is being
            written by another run; says which.
    """
    out = OutFolder(
        path, Work(command, settings, input_sha256, version, dict(amendments or {})), frozenset(retry) | UNSETTLED
    )
    made = None
    with suppress(OSError, VqaprepError):  # what cannot be read is looked at again under the hold
        made = None if force else read_run(path)
    if made is not None and _is_done(out, made):  # nothing will be written, so no hold is needed
        _tidy(path)
        return out
    out.held = take(path)
    try:
        _take_up(out, force=force)
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


def clear(path: Path) -> None:
    """Remove what a run of ours wrote into `path`, after saying what; `started.json` goes last.

    Raises:
        InputError: something there was not written by that run, or nothing says which run it was.
    """
    record = read_record(path)
    if record is None:
        raise InputError(f"{path} is not empty and no vqaprep run made it; choose another -o/--out")
    clearing.clear(path, str(record["command"]), record.get("names", ()), last=STARTED)


def _take_up(out: OutFolder, *, force: bool) -> None:
    """Make the folder this run's: begun, resumed, opened again, or complete."""
    path = out.path
    if force and (before := read_record(path, out.work.command)) is not None:
        refuse_command(path, before, out.work)
        clearing.clear(path, out.work.command, before.get("names", ()), last=STARTED)
    before = read_record(path)
    if before is None:
        if _names(path):
            raise InputError(f"{path} is not empty and no vqaprep run made it; choose another -o/--out")
        out._start()
        return
    out.names = list(before.get("names", ()))
    made = None
    with suppress(VqaprepError):
        made = read_run(path)
    if made is None or not _is_done(out, made):
        refuse_difference(path, before, out.work)
        for folder in (path, *_rooms(path)):
            sweep(folder)
        if made is None or not (path / STARTED).exists():
            out._start()


def _is_done(out: OutFolder, made: dict[str, Any]) -> bool:
    """Say whether nothing is left to do in a folder with this `run.json`, and record in `out` what is left."""
    refuse_difference(out.path, made, out.work)
    out.names = list(made.get("names", ()))
    if wrong := damaged(out.path, made):
        if out.held is not None:  # else it is looked at again under the hold
            _log.warning("%s: %s; it is made again", out.path, "; ".join(wrong.values()))
        return False
    before, now = made.get("amendments", {}), out.work.amendments
    out.amended = frozenset(video for video in {**before, **now} if before.get(video) != now.get(video))
    out.is_reopened = bool(out.amended) or not out.again.isdisjoint(made.get("reasons", ()))
    out.is_complete = not out.is_reopened
    return out.is_complete


def _tidy(path: Path) -> None:
    """Remove what a run left that was killed after it had written `run.json`; where that cannot be, leave it."""
    if clearing.leftovers(path) or (path / HELD).exists():
        with suppress(OSError, VqaprepError):
            held = take(path)
            clearing.remove(clearing.leftovers(path))
            held.release()


def _rooms(path: Path) -> list[Path]:
    """Return the folders in `path` that are its own, and no OUT of another run."""
    return [folder for folder in folder_at(path).subfolders() if not is_out(folder)]


def _names(path: Path) -> set[str]:
    """Return what lies in `path`, but for what a run leaves that is killed before it has begun."""
    return {entry.name for entry in path.iterdir() if not TEMPORARY.fullmatch(entry.name)} - {HELD}


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
