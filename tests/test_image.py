"""The image for films from strangers holds all that the program needs: its steps are done here, without Docker."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from vqaprep.rows.manifest import read_rows

ROOT = Path(__file__).parent.parent
IMAGE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
RECIPE = (ROOT / "apptainer.def").read_text(encoding="utf-8")


def lines(pattern: str, text: str) -> list[str]:
    """Return what the group of a pattern holds, of each line that it matches."""
    return [found[1] for found in re.finditer(pattern, text, flags=re.MULTILINE)]


COPIED = [name for line in lines(r"^COPY (.+) \S+$", IMAGE) for name in line.split()]
INSTALL = lines(r"^RUN (pip install .+)$", IMAGE)


def test_both_recipes_copy_install_and_run_the_same() -> None:
    assert lines(r"^    (\S+) /opt/vqaprep/\1$", RECIPE) == COPIED
    assert [line.strip() for line in RECIPE.splitlines() if "pip install" in line] == INSTALL
    for in_image, in_recipe in ((r"^FROM (\S+)", r"^From: (\S+)"), (r"^ENV (.+)$", r"^    export (.+)$")):
        assert lines(in_image, IMAGE) == lines(in_recipe, RECIPE) != []
    assert 'ENTRYPOINT ["vqaprep"]' in IMAGE and 'exec vqaprep "$@"' in RECIPE


def test_the_image_installs_extras_that_there_are_by_constraints_that_it_holds() -> None:
    [command] = INSTALL
    extras = re.findall(r"'\.\[(.+)\]'", command)[0].split(",")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(re.search(rf"^{extra} = \[", project, flags=re.MULTILINE) for extra in extras)
    assert re.findall(r"-c (\S+)", command)[0] in COPIED


@pytest.mark.slow
def test_what_is_copied_installs_and_scans_where_only_out_can_be_written(tmp_path: Path) -> None:
    """The dependencies are those of this environment; the package is built of the copied files alone."""
    for name in COPIED:
        source, target = ROOT / name, tmp_path / "opt" / name
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(tmp_path / "site"), "."], cwd=tmp_path / "opt", check=True)
    shutil.rmtree(tmp_path / "opt")
    (tmp_path / "films").mkdir()
    write_film(tmp_path / "films" / "a.mp4", pictures(20))
    words = ["scan", str(tmp_path / "films"), "-o", str(tmp_path / "out" / "0-scan"), "--workers", "1"]
    said = [word.split("=", 1) for line in lines(r"^ENV (.+)$", IMAGE) for word in line.split()]
    room = {name: re.sub(r"^/(out|tmp)", str(tmp_path / "out"), value) for name, value in said}
    for folder in (tmp_path / "films", tmp_path / "site"):
        folder.chmod(0o555)
    ended = subprocess.run(
        [sys.executable, "-m", "vqaprep", *words], cwd=tmp_path / "site", capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "site")} | room,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert len(read_rows(tmp_path / "out" / "0-scan" / "manifest.parquet")) == 1
