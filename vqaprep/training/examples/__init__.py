"""Kinds of example: what a system learns from, one file per kind, found by its file name.

A file defines one class, a subclass of `Kind` in CamelCase of the file's name: `query_key.py` has `QueryKey`. A system
names its kind in its `Contract`. Another package adds its own by an entry point of the group `vqaprep.examples`.
"""

from vqaprep.packages.registry import Registry
from vqaprep.training.examples._kind import DataFacts, Example, Frames, Kind, Load, Record

__all__ = ["DataFacts", "Example", "Frames", "Kind", "Load", "Record", "get", "name_of", "names"]


def names() -> tuple[str, ...]:
    """Return the name of every kind, sorted."""
    return _PARTS.names()


def get(name: str) -> type[Kind]:
    """Return the kind called `name`.

    Raises:
        InputError: no file of this folder and no other package has a kind of that name.
    """
    remedy = "it must name a subclass of Kind"
    kind = _PARTS.load(name, type, remedy)
    if not issubclass(kind, Kind):
        raise _PARTS.refused(name, remedy)
    return kind


def name_of(kind: Kind) -> str:
    """Return the name under which `get` gives the class of `kind`."""
    return next(name for name in names() if get(name) is type(kind))


def _class_of(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


_PARTS = Registry(__name__, group="examples", word="kind of example", called=_class_of)
