"""Describe what a path is, for the message when a command needs something else."""

from pathlib import Path
from typing import Literal

from vqaprep.errors import InputError, VqaprepError
from vqaprep.rows.outfolder.record import read_run
from vqaprep.sources.endings import SUFFIXES
from vqaprep.storage.folder import folder_at

Wanted = Literal["run", "shards", "evaluation", "clips"]
_MARKS: dict[Wanted, str] = {
    "run": "meta.json",
    "shards": "index.parquet",
    "evaluation": "metrics.json",
    "clips": "manifest.parquet",
}
"""The file that tells each kind of folder."""
_NEEDED: dict[Wanted, tuple[str, str]] = {
    "run": ("no run folder of `vqaprep train`", "make one: vqaprep train SYSTEM SHARDS -o RUN"),
    "shards": ("no finished shard folder", "make one: vqaprep shard CLIPS -o SHARDS"),
    "evaluation": ("no finished evaluation", "make one: vqaprep evaluate RUN SHARDS -o EVALUATION"),
    "clips": ("no manifest of clips", "make one: vqaprep speed VIDEOS -o CLIPS"),
}
_FILES = {
    ".safetensors": "a file of weights", ".pt": "a file of weights", ".pth": "a file of weights", ".csv": "a table",
    ".parquet": "a table", ".toml": "a pipeline file", ".tar": "one tar of a shard folder",
}  # fmt: skip
_FOLDERS = {
    _MARKS["shards"]: "a shard folder",
    _MARKS["run"]: "a run folder of `vqaprep train`",
    "pipeline.json": "the OUT folder of a pipeline",
}
_MOST = 1000
"""Entries of a folder that are looked at; a data set of millions must not delay an error message."""


def holds(path: Path, wanted: Wanted) -> bool:
    """Say whether `path` is a folder of the wanted kind."""
    return (path / _MARKS[wanted]).is_file()


def kind_of(path: Path) -> str:
    """Return what `path` is, such as "a shard folder" or "a folder of videos"."""
    if path.is_file():
        suffix = path.suffix.lower()
        return _FILES.get(suffix, "a video" if suffix in SUFFIXES else "a file")
    if not path.is_dir():
        return "not there"
    words = next((words for name, words in _FOLDERS.items() if (path / name).is_file()), None)
    return words or _command_folder(path) or _plain_folder(path)


def is_out(path: Path) -> bool:
    """Say whether a command or a pipeline wrote the folder `path`, finished or not, or others directly in it."""
    names = ("run.json", "started.json", "pipeline.json", *_MARKS.values())
    if any((path / name).is_file() for name in names):
        return True
    return any((entry / name).is_file() for entry in folder_at(path).subfolders() for name in names)


def not_a(wanted: Wanted, path: Path, *, order: str = "", other: Path | None = None) -> InputError:
    """Build the error for a path that is not of the wanted kind: what it is, which one was meant, how to make one.

    `order` is how the command is written; `other` is its other argument, which may be the one that was meant.
    """
    what, remedy = _NEEDED[wanted]
    refusal = f"{path} is {kind_of(path)}, {what}" if path.exists() else f"{path} does not exist, so it is {what}"
    if other is not None and holds(other, wanted):
        return InputError(f"{refusal}, but {other} is one: swap the two. The order is {order}")
    if path.is_file() and holds(path.parent, wanted):
        return InputError(f"{refusal}; give the folder it is in: {path.parent}")
    if inner := _inside(path, wanted):
        return InputError(f"{refusal}; give the one in it: {inner}")
    return InputError(f"{refusal}; {remedy}{f'. The order is {order}' if order else ''}")


def _inside(path: Path, wanted: Wanted) -> Path | None:
    """Return the folder of the wanted kind directly in `path`, as in the OUT of a pipeline; the last of several."""
    if not path.is_dir():
        return None
    matches = sorted(entry for entry in folder_at(path).subfolders() if holds(entry, wanted))
    return matches[-1] if matches else None


def _command_folder(path: Path) -> str | None:
    """Return which command wrote a folder, or None where none did."""
    try:
        made = read_run(path)
    except VqaprepError:
        return "a folder with a damaged run.json"
    if made is not None:
        return f"an OUT folder of `vqaprep {made['command']}`"
    return "an unfinished OUT folder (the command that makes it resumes)" if (path / "started.json").is_file() else None


def _plain_folder(path: Path) -> str:
    entries = [entry for entry, _ in zip(path.iterdir(), range(_MOST), strict=False)]
    if not entries:
        return "an empty folder"
    return "a folder of videos" if any(e.suffix.lower() in SUFFIXES for e in entries) else "a folder of other files"
