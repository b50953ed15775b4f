"""Find the videos below a folder. Links are followed, loops end, and skipped files are counted or named."""

import errno
import json
import os
import stat
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from vqaprep.errors import InputError
from vqaprep.rows import Dropped
from vqaprep.rows.plain_text import printable
from vqaprep.sources.endings import SUFFIXES
from vqaprep.storage import StorePath
from vqaprep.storage.folder import is_local, object_at

_RUNS = frozenset({"run.json", "started.json"})
_SYSTEM = frozenset({
    "$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir", "#recycle", "__MACOSX", "RECYCLER",
})  # fmt: skip
"""Folders of operating systems and storage devices: waste, thumbnails, and copies of file attributes."""
_MOST_ENDINGS = 12


@dataclass
class Listing:
    """What a folder holds: `files` of any ending in order, what could not be opened, and counts of the rest.

    Hidden are names that begin with a dot, such as the `._x.mp4` of macOS, locks (`~$x`), and folders of the system.
    """

    root: Path
    files: list[Path] = field(default_factory=list)
    is_one: bool = False
    """Whether it is no folder but a file that was named singly, which is a video whatever its ending."""
    unread: list[Dropped] = field(default_factory=list)
    num_hidden: int = 0
    num_runs: int = 0

    @property
    def uris(self) -> tuple[str, ...]:
        """Addresses of the files that have the ending of a video."""
        return tuple(str(path) for path in self.files if self.is_one or is_video(path))

    def lines(self) -> list[str]:
        """Return one line about what was skipped, or none."""
        others = [] if self.is_one else [path for path in self.files if not is_video(path)]
        endings = Counter(path.suffix.lower() or "none" for path in others)
        shown = [f"{printable(ending)} {count}" for ending, count in endings.most_common(_MOST_ENDINGS)]
        more = [f"{len(endings) - _MOST_ENDINGS} more"] if len(endings) > _MOST_ENDINGS else []
        parts = [f"{_files(endings.total())} with other endings ({', '.join([*shown, *more])})"] if endings else []
        parts += [f"{_files(self.num_hidden, 'hidden ')}"] if self.num_hidden else []
        parts += [f"{self.num_runs} OUT folders of vqaprep"] if self.num_runs else []
        return [f"not looked at: {', '.join(parts)}"] if parts else []


def list_folder(root: Path) -> Listing:
    """List all files below `root`, those of linked folders too; each folder once, real ones before linked ones.

    Folders that a run of ours wrote are passed over, but `root` itself is not.

    Raises:
        InputError: `root` itself cannot be listed.
    """
    found = Listing(root)
    if (in_store := object_at(root)) is not None:
        _list_store(in_store, found)
    else:
        seen: set[tuple[int, int]] = set()
        links = [root]
        while links:
            links += _list_tree(links.pop(0), found, seen)
    found.files.sort()
    found.unread.sort(key=lambda drop: drop.uri)
    return found


def list_videos(path: Path) -> Listing:
    """List the videos in a folder, or take the one that `path` is; addresses are absolute.

    Raises:
        InputError: there is no such path, or no video in it and nothing that could not be opened.
    """
    if path.is_file():
        return Listing(absolute(path).parent, [absolute(path)], is_one=True)
    if not path.is_dir():
        what = "give a video, a folder of videos, a manifest or an OUT folder"
        raise InputError(f"{path} does not exist; {what}{how_written(path)}")
    found = list_folder(absolute(path))
    if not found.uris:
        looked = f"no video in {path}; looked for the endings {' '.join(sorted(SUFFIXES))}"
        raise InputError("\n".join([looked, *found.lines(), *(f"{drop.uri}: {drop.detail}" for drop in found.unread)]))
    return found


def is_video(path: PurePath) -> bool:
    """Say whether a file has the ending of a video."""
    return path.suffix.lower() in SUFFIXES


def absolute(path: Path) -> Path:
    """Return an address that holds in every working folder; `..` is resolved where no link makes it ambiguous."""
    full = path.absolute()
    plain = full if not is_local(full) else Path(os.path.normpath(full))
    return plain if plain != full and plain.exists() and plain.samefile(full) else full


def how_written(path: Path) -> str:
    """Return a hint on a path that is not there, or nothing: patterns and `~` in quotes, and addresses."""
    text = str(path)
    if any(sign in text for sign in "*?["):
        return f". Patterns in quotes are not replaced by file names: give the folder, {path.parent}"
    if "," in text or " " in text:
        return ". One path is read here: give the folder that holds all the files"
    near = path.parent if path.parent.is_dir() else None
    return "" if near is None or near == Path() else f". {near} exists; is the name right?"


def _list_tree(top: Path, found: Listing, seen: set[tuple[int, int]]) -> list[Path]:
    """Add what lies below `top` in real folders that were not seen yet; return the links to folders, sorted."""
    links: list[Path] = []
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        try:
            state = folder.stat()
            if (identity := (state.st_dev, state.st_ino)) in seen:
                continue
            seen.add(identity)
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            words = f"the folder cannot be listed: {error.strerror or type(error).__name__}"
            if folder == found.root:
                raise InputError(f"{folder}: {words}; make it readable, or give another folder") from error
            found.unread.append(Dropped(str(folder), "scan", "unreadable", words, str(folder)))
            continue
        if folder != found.root and _is_run(folder, (entry.name for entry in entries)):
            found.num_runs += 1
            continue
        for entry in entries:
            _sort_in(entry, found, folders=waiting, links=links)
    return sorted(links)


def _sort_in(entry: "os.DirEntry[str]", found: Listing, *, folders: list[Path], links: list[Path]) -> None:
    """Sort one entry of a folder into `listing`."""
    path = Path(entry.path)
    if _is_hidden(entry.name):
        found.num_hidden += 1
        return
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        is_loop = error.errno == errno.ELOOP
        if is_loop or not path.suffix:  # a link to a folder has no ending as a rule
            words = f"the link leads nowhere: {error.strerror or type(error).__name__}"
            reason = "unreadable" if is_loop else "away"
            found.unread.append(Dropped(str(path), "scan", reason, words, str(path)))
        else:
            found.files.append(path)  # a video whose share is away for now is tried, as one that goes later is
        return
    if stat.S_ISDIR(mode):
        (links if entry.is_symlink() else folders).append(path)
    elif stat.S_ISREG(mode):
        found.files.append(path)
    elif is_video(path):
        words = "it is no regular file but a pipe, a socket or a device"
        found.unread.append(Dropped(str(path), "scan", "unreadable", words, str(path)))


def _list_store(root: StorePath, found: Listing) -> None:
    """Add the objects of a store: one listing holds them all."""
    objects = list(root.rglob("*"))
    runs = {path.parent for path in objects if path.name in _RUNS and path.parent != root}
    found.num_runs = len({run for run in runs if not any(other in run.parents for other in runs)})
    for path in objects:
        if any(parent in runs for parent in path.parents):
            continue
        if any(map(_is_hidden, path.parts[len(root.parts) :])):
            found.num_hidden += 1
        else:
            found.files.append(path)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or name in _SYSTEM


def _is_run(folder: Path, names: Iterable[str]) -> bool:
    """Say whether a run of ours wrote a folder; a file that cannot be read counts, as one that is half written."""
    for name in _RUNS.intersection(names):
        try:
            record = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return True
        if isinstance(record, dict) and "command" in record:
            return True
    return False


def _files(num: int, kind: str = "") -> str:
    return f"{num:,} {kind}file{'' if num == 1 else 's'}"
