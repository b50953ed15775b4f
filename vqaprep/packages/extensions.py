"""Parts that other installed packages add, by entry points of the groups `vqaprep.distortions` and so on."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any


@cache
def _points(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"vqaprep.{group}")}


def added_names(group: str) -> tuple[str, ...]:
    """Return the names that other packages add to a group, sorted, without importing any of them."""
    return tuple(sorted(_points(group)))


def added(group: str, name: str) -> Any:
    """Import and return what another package adds under `name`."""
    return _points(group)[name].load()


def module_of(group: str, name: str) -> str:
    """Return the module that an entry point names, without importing it."""
    return _points(group)[name].module
