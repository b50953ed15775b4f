"""Parts that are found by name: one file each in a folder of ours, or an entry point of another package."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from vqaprep.errors import InputError, unknown_name
from vqaprep.packages.extensions import added, added_names

Part = TypeVar("Part")


@dataclass(frozen=True)
class Registry:
    """The parts of one kind.

    Attributes:
        package: the package whose public files are the parts, `__name__` of its `__init__.py`.
        group: what comes after `vqaprep.` in the entry points of other packages.
        word: what a part is called in messages.
        called: returns the name that the part has in its own file.
    """

    package: str
    group: str
    word: str
    called: Callable[[str], str]

    def own_names(self) -> frozenset[str]:
        """Return the names of our parts, without importing any."""
        return _own_names(self.package)

    def names(self) -> tuple[str, ...]:
        """Return the name of every part, in alphabetical order, without importing any."""
        return tuple(sorted({*self.own_names(), *added_names(self.group)}))

    def load(self, name: str, kind: type[Part], remedy: str) -> Part:
        """Import and return the part called `name`, which is of type `kind`.

        Raises:
            InputError: no file of the folder and no other package has a part of that name, or it is of another type:
                then `remedy` says what its entry point must name.
        """
        part = self._imported(name)
        if not isinstance(part, kind):
            raise self.refused(name, remedy)
        return part

    def refused(self, name: str, remedy: str) -> InputError:
        """Return the error about an entry point that names no part of this kind."""
        return InputError(f"the entry point {name!r} is no {self.word}; {remedy}")

    def _imported(self, name: str) -> Any:
        if name not in self.names():
            raise unknown_name(self.word, name, self.names())
        # A package cannot replace a part of ours: what was stored under its name would then mean something else.
        if name in self.own_names():
            return getattr(import_module(f"{self.package}.{name}"), self.called(name))
        return added(self.group, name)


@cache  # distortions and codecs are asked for once a clip
def _own_names(package: str) -> frozenset[str]:
    folder = Path(str(sys.modules[package].__file__)).parent
    return frozenset(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
