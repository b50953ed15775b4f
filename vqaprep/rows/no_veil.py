"""The null object for "no pseudonyms": it changes nothing, so callers need no test for `None`."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqaprep.rows import Dropped, Row
from vqaprep.rows.pseudonyms import Veil


class NoVeil(Veil):
    """Returns everything as it is, and keeps no book."""

    is_hiding = False

    def __init__(self) -> None:
        super().__init__(Path())

    @property
    def key_name(self) -> str:
        """Nothing: there is no key."""
        return ""

    def alone(self) -> Veil:
        """Return this veil."""
        return self

    def word(self, text: str) -> str:
        """Return the id."""
        return text

    def name(self, text: str) -> str:
        """Return the name."""
        return text

    def video(self, uri: str) -> str:
        """Return the address."""
        return uri

    def hide(self, row: Row) -> Row:
        """Return the row."""
        return row

    def hide_drop(self, drop: Dropped, uri: str, *, called: str | None = None) -> Dropped:
        """Return the drop, which is about the file `uri`."""
        # A name that is not UTF-8 was made readable where the drop was made; tables cannot hold it as it is.
        return drop if drop.uri else replace(drop, uri=uri.encode("utf-8", "backslashreplace").decode())

    def hide_drops(self, drops: Iterable[Dropped], uris: Mapping[str, str]) -> list[Dropped]:
        """Return the drops."""
        return list(drops)

    def show(self, row: Row) -> Row:
        """Return the row."""
        return row

    def address(self, uri: str) -> str:
        """Return the address."""
        return uri

    def settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings."""
        return dict(values)

    def save(self, folder: Path) -> None:
        """Write nothing."""


NO_VEIL = NoVeil()
