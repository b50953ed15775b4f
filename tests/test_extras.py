"""Preparing data needs no torch, and a command that does need a missing package says how to install it."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from vqaprep.packages.extras import EXTRA_OF

_WITHOUT = textwrap.dedent("""
    import importlib.abc, importlib.machinery, sys
    class Missing(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in %r:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    sys.meta_path.insert(0, Missing())
    from vqaprep import cli
    cli.main(sys.argv[1:])
""")


def without(modules: set[str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command line as if `modules` were not installed."""
    command = [sys.executable, "-c", _WITHOUT % (modules,), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which data were prepared, from scan to report, without any optional package."""
    out = tmp_path_factory.mktemp("core")
    (out / "in").mkdir()
    for number, step_px in enumerate((3, 5)):
        write_film(out / "in" / f"{number}.mp4", pictures(40, step_px=step_px))
    here = ("--engine", "inline")
    steps: list[tuple[str | Path, ...]] = [
        ("scan", out / "in", "-o", out / "0", *here),
        ("distort", out / "0", "-o", out / "1", "--kinds", "gaussian_blur"),
        ("speed", out / "1", "-o", out / "2", "--task", "none", "--num-frames", "8", "--clips", "2", *here),
        ("shard", out / "2", "-o", out / "4", "--spatial", "resize", "--size-px", "32", *here),
        ("verify", out / "4"),
        ("report", out / "4"),
        ("status", out / "4"),
    ]
    for step in steps:
        done = without(set(EXTRA_OF), *step)
        assert done.returncode == 0, (step[0], done.stderr)
    return out


def test_scan_to_report_needs_the_core_alone(out: Path) -> None:
    assert (out / "4" / "report.html").is_file()


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("torch", ("train", "speediness", "{}/4", "-o", "{}/5")),
        ("easyocr", ("crop", "{}/0", "-o", "{}/6", "--ocr", "easyocr")),
    ],
)
def test_a_missing_package_is_named_with_its_remedy(out: Path, module: str, arguments: tuple[str, ...]) -> None:
    done = without({module}, *(one.format(out) for one in arguments))
    assert done.returncode == 2
    assert f"pip install 'vqaprep[{EXTRA_OF[module]}]'" in done.stderr
    assert "Traceback" not in done.stderr
