"""A wheel installs one package, with everything that the program reads at run time inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Return the files of a wheel that is built from what git tracks."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    archive = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    kept = [
        name
        for name in archive
        if name.split("/")[0] not in ("tests", "benchmarks", "docs", "") and (ROOT / name).exists()
    ]
    subprocess.run(["tar", "cf", str(source / "all.tar"), *kept], cwd=ROOT, check=True)
    subprocess.run(["tar", "xf", "all.tar"], cwd=source, check=True)
    build = ["pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(out), "."]
    subprocess.run([sys.executable, "-m", *build], cwd=source, check=True)
    with zipfile.ZipFile(next(out.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_only_our_own_package_is_installed(names: set[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"vqaprep"}


@pytest.mark.parametrize(("folder", "ending"), [("models", ".py"), ("pipelines", ".toml"), ("data_manifests", ".toml")])
def test_every_system_pipeline_and_data_set_is_inside(names: set[str], folder: str, ending: str) -> None:
    held = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob(f"*{ending}")}
    assert held
    assert {f"vqaprep/{name}" for name in held} <= names


def test_what_pipelines_name_is_inside(names: set[str]) -> None:
    assert "vqaprep/pipelines/demo_people.csv" in names
    assert any(name.startswith("vqaprep/report/") and name.endswith(".html.j2") for name in names)
