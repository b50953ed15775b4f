"""The records of a run in its OUT folder: `started.json` when it begins, `run.json` when it is complete.

`started.json` stays: it says which work the folder belongs to when `run.json` is lost or damaged.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError, VqaprepError
from vqaprep.rows.outfolder.soundness import damaged
from vqaprep.rows.pseudonyms import PRIVATE

RUN, STARTED = "run.json", "started.json"


@dataclass(frozen=True)
class Work:
    """What decides the content of an OUT folder: two runs of equal work give equal files.

    `version` is that of the command's code; it is raised when the command gives other results. `amendments` are
    checksums by video of what was decided about that video alone: where one differs, only that video is done again.
    """

    command: str
    settings: dict[str, Any]
    input_sha256: str
    version: int = 1
    amendments: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """Return the work as JSON has it."""
        return {
            "command": self.command,
            "settings": json.loads(json.dumps(self.settings)),
            "input_sha256": self.input_sha256,
            "version": self.version,
            "amendments": self.amendments,
        }


class OtherWorkError(InputError):
    """The folder holds other work of the same command; `difference` names what differs."""

    def __init__(self, path: Path, difference: str) -> None:
        super().__init__(f"{path} was made {difference}. Choose another -o/--out, or --force to start over")
        self.path, self.difference = path, difference


def read_run(path: Path) -> dict[str, Any] | None:
    """Return the `run.json` of a complete folder, or None.

    Raises:
        VqaprepError: it is damaged.
    """
    return _read(path / RUN)


def is_out(path: Path) -> bool:
    """Say whether a run of ours began to write the folder `path`."""
    return any((path / name).is_file() for name in (RUN, STARTED))


def is_sound(path: Path) -> bool:
    """Say whether a run completed the folder `path`, and its files are still there as it wrote them."""
    try:
        check_sound(path)
    except VqaprepError:
        return False
    return True


def check_sound(path: Path) -> None:
    """Refuse to read an OUT folder that is not finished, or whose files are not those that its run wrote.

    Raises:
        InputError: the same command makes what is missing.
    """
    made = None
    with suppress(VqaprepError):
        made = read_run(path)
    if made is None:
        raise InputError(f"{path} is not finished; run the command that makes it again, it resumes")
    # Identities are left out of a folder that is shared; who needs them says so.
    if wrong := [words for name, words in damaged(path, made).items() if name != PRIVATE]:
        raise InputError(f"{path}: {'; '.join(wrong)}; run the command that makes it again, it repairs them")


def read_record(path: Path, command: str | None = None) -> dict[str, Any] | None:
    """Return what `run.json` or `started.json` says, None where neither is there.

    If they are damaged, `command` is used in place of their content.

    Raises:
        VqaprepError: what is there is damaged, and no `command` is given.
    """
    problem = None
    for name in (RUN, STARTED):
        try:
            if (record := _read(path / name)) is not None:
                return record
        except VqaprepError as error:
            problem = problem or error
    if problem is not None and command is None:
        raise problem
    return None if problem is None else {"command": command}


def _read(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict) or not {"command", "settings", "input_sha256"} <= value.keys():
            if path.name == STARTED:  # other programs write a `run.json`, too, but hardly this
                raise ValueError("it is no record of a run")
            return None
        if wrong := sorted(name for name, is_right in _RIGHT.items() if name in value and not is_right(value[name])):
            raise ValueError(f"{', '.join(wrong)} is not the content that a run writes")
        return value
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (ValueError, RecursionError) as error:
        raise VqaprepError(
            f"{path} is damaged ({error}); --force removes what the run wrote and starts over. Where something else is "
            "left then, choose another -o/--out"
        ) from error


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(type(number) is int and number >= 0 for number in value.values())


def _are_files(value: Any) -> bool:
    return isinstance(value, dict) and all(
        ".." not in Path(name).parts and not Path(name).is_absolute() and isinstance(one, dict)
        and type(one.get("bytes")) is int and isinstance(one.get("sha256", 0), str | None)
        for name, one in value.items()
    )  # fmt: skip


_RIGHT: dict[str, Callable[[Any], bool]] = {
    "command": _is_text,
    "settings": lambda value: isinstance(value, dict),
    "input_sha256": _is_text,
    "version": lambda value: type(value) is int,
    "names": lambda value: isinstance(value, list) and all(map(_is_text, value)),
    "counts": _are_numbers,
    "reasons": _are_numbers,
    "files": _are_files,
    "seconds": lambda value: isinstance(value, int | float),
}
"""What each entry must be. People copy and edit these files, and other programs write some."""


def refuse_command(path: Path, before: dict[str, Any], work: Work) -> None:
    """Refuse a folder of another command.

    Raises:
        InputError: `before` says another command than `work`.
    """
    if before["command"] != work.command:
        raise InputError(f"{path} was made by `vqaprep {before['command']}`; choose another -o/--out")


def refuse_difference(path: Path, before: dict[str, Any], work: Work) -> None:
    """Refuse a folder of other work.

    Raises:
        OtherWorkError: `before` says other settings, another input or another version than `work`.
        InputError: it says another command.
    """
    refuse_command(path, before, work)
    now = work.record()
    keys = sorted(before["settings"].keys() | now["settings"].keys())
    changed = [
        f"{key} was {before['settings'].get(key)!r}, is {now['settings'].get(key)!r}"
        for key in keys
        if before["settings"].get(key) != now["settings"].get(key)
    ]
    if changed:
        raise OtherWorkError(path, f"with other settings: {'; '.join(changed)}")
    if before["input_sha256"] != now["input_sha256"]:
        raise OtherWorkError(path, "from another input: files in IN were added, removed or changed since")
    if before.get("version", work.version) != work.version:  # a record without one says nothing of it
        raise OtherWorkError(path, f"by another version of `vqaprep {work.command}`")
