"""Kinds of example: what a system learns from, one file per kind, found by its file name.

A file defines one class, a subclass of `Kind` in CamelCase of the file's name: `query_key.py` has `QueryKey`. A system
names its kind in its `Contract`. Another package adds its own by an entry point of the group `vqaprep.examples`.
"""

from importlib import import_module
from pathlib import Path

from vqaprep.errors import InputError, unknown_name
from vqaprep.packages.extensions import added, added_names
from vqaprep.training.examples._kind import DataFacts, Example, Frames, Kind, Load, Record

__all__ = ["DataFacts", "Example", "Frames", "Kind", "Load", "Record", "get", "name_of", "names"]


def names() -> tuple[str, ...]:
    """Return the name of every kind, sorted."""
    return tuple(sorted({*_own_names(), *added_names("examples")}))


def get(name: str) -> type[Kind]:
    """Return the kind called `name`.

    Raises:
        InputError: no file of this folder and no other package has a kind of that name.
    """
    if name not in names():
        raise unknown_name("kind of example", name, names())
    if name in _own_names():
        class_name = "".join(word.capitalize() for word in name.split("_"))
        kind: type[Kind] = getattr(import_module(f"{__name__}.{name}"), class_name)
        return kind
    kind = added("examples", name)
    if not (isinstance(kind, type) and issubclass(kind, Kind)):
        raise InputError(f"the entry point {name!r} is no kind of example; it must name a subclass of Kind")
    return kind


def name_of(kind: Kind) -> str:
    """Return the name under which `get` gives the class of `kind`."""
    return next(name for name in names() if get(name) is type(kind))


def _own_names() -> set[str]:
    return {file.stem for file in Path(__file__).parent.glob("*.py") if not file.stem.startswith("_")}
