"""Write the checksums of the packages that `constraints.txt` pins, for this platform: `python -m docs.lock`.

pip is asked which files it would install. torch and torchvision are left out: an index may give a build for CPUs or one
for GPUs of the same version.
"""

import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
APART = ("torch", "torchvision")


def name() -> str:
    """Return what the lock of this platform is called, such as `linux-x86_64-cp311`."""
    return f"{sys.platform}-{platform.machine()}-cp{sys.version_info.major}{sys.version_info.minor}"


def pins() -> list[str]:
    """Return the pinned packages, as pip takes them."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "==" in line and line.partition("==")[0] not in APART]


def locked(report: dict[str, Any]) -> list[str]:
    """Return the lines of a lock, from what pip reports of an installation."""
    lines = []
    for one in report["install"]:
        found, sha256 = one["metadata"], one["download_info"]["archive_info"]["hashes"]["sha256"]
        lines.append(f"{found['name'].lower()}=={found['version']} --hash=sha256:{sha256}")
    return sorted(lines)


def main() -> None:
    """Ask pip, and write `locks/PLATFORM.txt`."""
    with tempfile.TemporaryDirectory() as folder:
        report, wanted = Path(folder) / "report.json", Path(folder) / "pins.txt"
        wanted.write_text("\n".join(pins()), encoding="utf-8")
        pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed"]
        subprocess.run([*pip, "-q", "--report", str(report), "-r", str(wanted)], check=True)
        lines = locked(json.loads(report.read_text(encoding="utf-8")))
    target = ROOT / "locks" / f"{name()}.txt"
    target.parent.mkdir(exist_ok=True)
    head = "# Written by `make lock`; `make setup LOCKED=1` installs these very files, and then torch by its version"
    target.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
