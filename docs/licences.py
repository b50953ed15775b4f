"""List what is installed beside vqaprep: names, versions and licences, as a page or as an SBOM (CycloneDX 1.5, JSON).

python -m docs.licences page > docs/licences.md
python -m docs.licences sbom > sbom.cdx.json
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

_PINS = Path(__file__).parent.parent / "constraints.txt"
# What the metadata of a package does not say: parts of other licences inside its wheel.
_INSIDE = {
    "av": "its wheel holds ffmpeg libraries with libx264 and libx265: GPL-2.0-or-later",
    "imageio-ffmpeg": "its wheel holds an ffmpeg program built with --enable-gpl --enable-version3: GPL-3.0-or-later",
    "opencv-python-headless": "its wheel holds ffmpeg libraries: LGPL-2.1-or-later",
}
_HEAD = """# Licences of the dependencies

Made by `make licences` from the metadata of the installed packages, at the versions of `constraints.txt`.
Its own licence is Apache-2.0. Nothing of these packages is copied into the repository.

**An image or an installer that holds them holds GPL parts:** the ffmpeg libraries in `av` and the ffmpeg program in
`imageio-ffmpeg`. EasyOCR's weights state no licence. `make sbom` writes `sbom.cdx.json` (CycloneDX).

| package | version | licence | inside its wheel |
| --- | --- | --- | --- |"""


def packages() -> Iterator[tuple[str, str, str]]:
    """Yield name, version and licence of each pinned package that is installed, by name."""
    lines = _PINS.read_text(encoding="utf-8").splitlines()
    names = [line.partition("==")[0] for line in lines if "==" in line and not line.startswith("#")]
    for name in sorted(names, key=_plain):
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        yield _plain(name), found.version, _licence(found)


def page() -> str:
    """Return the page `docs/licences.md`."""
    rows = [f"| {name} | {version} | {licence} | {_INSIDE.get(name, '')} |" for name, version, licence in packages()]
    return "\n".join([_HEAD, *rows]) + "\n"


def sbom() -> str:
    """Return the bill of materials of this environment as CycloneDX JSON."""
    components = [
        {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name}@{version}",
            "licenses": [{"license": {"name": licence}}],
        }
        for name, version, licence in packages()
    ]
    own = {"type": "application", "name": "vqaprep", "version": metadata.version("vqaprep")}
    head = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": own}}
    return json.dumps(head | {"components": components}, indent=1) + "\n"


def _licence(found: metadata.Distribution) -> str:
    """Return the licence by its expression, else its classifiers, else the first line of its text."""
    about: Any = found.metadata  # a message of the email package; stubs differ in what they say of it
    if expression := about.get("License-Expression"):
        return str(expression)
    classified = [
        entry.rpartition("::")[2].strip() for entry in about.get_all("Classifier") or () if "License ::" in entry
    ]
    named = [entry for entry in classified if entry != "OSI Approved"]
    text = str(about.get("License") or "").strip().partition("\n")[0]
    return ", ".join(named) or text[:60] or "not stated"


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.stdout.write({"page": page, "sbom": sbom}[sys.argv[1]]())
