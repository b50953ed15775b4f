"""Remove what a run wrote into its OUT folder, and nothing else."""

import logging
import time
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from vqaprep.errors import InputError
from vqaprep.settings.quantities import seconds, size
from vqaprep.storage.durable import TEMPORARY
from vqaprep.storage.folder import folder_at
from vqaprep.storage.hold import HELD

_log = logging.getLogger(__name__)
_MOST_NAMED = 8
_DIGITS = "[0-9]" * 6
# Films, pictures and parts are named after videos. Such names are in `run.json`, not here.
_OF_ALL = (
    "run.json", "started.json", "manifest.parquet", "dropped.parquet", "identities.private.parquet", "unmatched.csv",
    "*.journal.jsonl", "*.journal.jsonl/*", ".engine/logs/*.log", ".engine/arrays/*/*",
    "report.html", "report-contains-faces.html", "DATA_CARD.md",
    "media", "previews", "shards", "parts", "plots", "tensorboard", ".engine", ".engine/*", ".engine/arrays/*",
)  # fmt: skip
_OF_COMMAND = {
    "crop": (
        "refused.parquet", "review-contains-faces*", "review-contains-faces*/*", "review-contains-faces*/pictures/*",
    ),
    "rate": ("*.html", "*.js", "*.css", "clips", "clips/*"),
    "mos": ("mos.csv", "raters.csv"),
    "shard": (
        "plan.parquet", "index.parquet", f"shards/{_DIGITS}.tar", f"shards/{_DIGITS}.json",
        f"shards/{_DIGITS}.entries", f"shards/unit-{_DIGITS}.at",
    ),
    "train": (
        "model.safetensors", "ema.safetensors", "best.safetensors", "best.json", "state.pt", "meta.json", "curve.csv",
        "tensorboard/events.out.tfevents.*",
    ),
    "evaluate": (
        "predictions.parquet", "metrics.json", "metrics.parquet", "metrics.md", "tsne.png", "saliency.png",
        "media/[0-9][0-9][0-9]-*.mp4",
    ),
    "score": ("scores.csv", "summary.parquet", "summary.md"),
    "export": ("model.pt", "export.json"),
    "compare": tuple(f"{stem}.{end}" for stem in ("comparison", "cross", "significance") for end in ("parquet", "md")),
}  # fmt: skip


def clear(path: Path, command: str, names: Collection[str], *, last: str) -> None:
    """Remove what a run of `command` wrote into `path`, `names` among it, after saying what; `last` goes last.

    Raises:
        InputError: something there was not written by that run; nothing is removed.
    """
    found = _found(path)
    foreign = sorted(name for name in found if not _is_written(name, command, names))
    if foreign:
        raise InputError(
            f"{path} is not cleared: `vqaprep {command}` did not write {_listed(foreign)}; move that away, "
            "or choose another -o/--out"
        )
    files = _files(path)
    if files:
        _log.warning("%s: removing %s", path, inventory(path))
    first = [name for name in ("run.json",) if name in files]  # a half cleared folder must not look complete
    order = [*first, *sorted(files.keys() - {"run.json", last}), *([last] if last in files else [])]
    remove(files[name] for name in order)
    folder_at(path).remove_folders()  # all that was in them is gone


def inventory(path: Path) -> str:
    """Return number, size, age and some names of the files in `path`."""
    files = _files(path)
    if not files:
        return "nothing"
    states = [file.lstat() for file in files.values()]
    age_s = max(0.0, time.time() - max(state.st_mtime for state in states))
    held = f"{size(sum(state.st_size for state in states))}, written {seconds(age_s)} ago"
    return f"{len(files)} files ({held}): {_listed(sorted(files))}"


def leftovers(path: Path) -> list[Path]:
    """Return what a run that was killed left directly in a complete folder."""
    names = folder_at(path).names()
    return [path / name for name in names if TEMPORARY.fullmatch(name) or fnmatchcase(name, "*.journal.jsonl")]


def remove(files: Iterable[Path]) -> None:
    """Remove files that may be gone already."""
    for file in files:
        file.unlink(missing_ok=True)


def _found(path: Path) -> list[str]:
    """Return everything below `path` by relative name, but for folders that hold something."""
    return [*_files(path), *folder_at(path).empty_folders()]


def _files(path: Path) -> dict[str, Path]:
    """Return the files below `path`, and the links, by relative name."""
    return {name: file for name, file in folder_at(path).files().items() if file.name != HELD}


def _is_written(name: str, command: str, names: Collection[str]) -> bool:
    """Say whether a run of `command` writes a file of this name."""
    if name in names or TEMPORARY.fullmatch(name.rpartition("/")[2]):
        return True
    return any(_fits(name, pattern) for pattern in (*_OF_ALL, *_OF_COMMAND.get(command, ())))


def _fits(name: str, pattern: str) -> bool:
    parts, wanted = name.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
