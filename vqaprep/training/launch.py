"""The rank of this process in distributed training, from the environment that `torchrun` sets."""

import logging
import os
from dataclasses import dataclass

from vqaprep.errors import InputError

_log = logging.getLogger(__name__)
_NUMBERS = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE")
_NAMES = (*_NUMBERS, "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class Place:
    """Which process this is, of how many on all machines and on this one."""

    rank: int = 0
    world_size: int = 1
    local_world_size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether it is the process that writes."""
        return self.rank == 0


def place() -> Place:
    """Return the place of this process; it is alone unless the environment is all that `torchrun` sets.

    A part of it, such as a `RANK` that another program left, is removed: it would have this process wait for others
    that never come, or believe that another one writes.

    Raises:
        InputError: the environment is complete, but its numbers make no sense.
    """
    given = {name: os.environ[name] for name in _NAMES if os.environ.get(name)}
    if len(given) < len(_NAMES):
        if left := sorted(given.keys() & set(_NUMBERS)):
            for name in left:
                del os.environ[name]
            _log.warning(
                "%s in the environment: ignored, as torchrun sets all of %s", _words(given, left), ", ".join(_NAMES)
            )
        return Place()
    remedy = "start with torchrun, or unset them"
    try:
        rank, world, local_rank, local_world = (int(given[name]) for name in _NUMBERS)
    except ValueError as error:
        raise InputError(f"{_words(given, _NUMBERS)} in the environment must be whole numbers; {remedy}") from error
    if not (0 <= rank < world and 0 <= local_rank < local_world <= world and world % local_world == 0):
        raise InputError(f"{_words(given, _NUMBERS)} in the environment do not fit together; {remedy}")
    return Place(rank, world, local_world)


def _words(given: dict[str, str], names: "list[str] | tuple[str, ...]") -> str:
    return " ".join(f"{name}={given[name]}" for name in names)
