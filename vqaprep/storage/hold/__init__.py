"""Let one run at a time write to an OUT folder. The lock of a dead run does not count."""

from pathlib import Path
from typing import Protocol
from weakref import WeakValueDictionary

from vqaprep.storage import StorePath

HELD = ".held.json"


class Hold(Protocol):
    """A folder that is ours until `release`, or until the process is gone."""

    @property
    def is_over(self) -> bool:
        """Whether it was released."""
        ...

    def release(self) -> None:
        """Let others have the folder."""


def hold(folder: Path) -> Hold:
    """Take `folder` for this process, which may take it again.

    Raises:
        InputError: a run that is alive writes there; says which.
        OSError: nothing can be written there.
    """
    where = folder.absolute()
    made = _ours.get(where)
    if made is None or made.is_over:
        if isinstance(folder, StorePath):
            from vqaprep.storage.hold.renewed import RenewedHold

            made = RenewedHold(folder / HELD)
        else:
            from vqaprep.storage.hold.locked import LockedHold

            made = LockedHold(folder / HELD)
        _ours[where] = made
    return made


def release_all() -> None:
    """Release every folder of this process."""
    for made in list(_ours.values()):
        made.release()


_ours: "WeakValueDictionary[Path, Hold]" = WeakValueDictionary()
