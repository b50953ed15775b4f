"""The documents say what the code does: the tree, the commands, the pipelines, the version."""

import re
import shlex
import subprocess
import tomllib
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from vqaprep import cli
from vqaprep.jobs import jobs
from vqaprep.jobs.plan import PipelinePlan
from vqaprep.rows.reasons import REASONS
from vqaprep.settings import read_pipeline

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPTIONS_OF_OTHERS = {"dependency", "nproc-per-node", "no-python", "no-deps", "enable-gpl", "enable-version3"}
OPTIONS_OF_OTHERS |= {"install-completion", "drawn", "letters", "kbit-s"}
"""Options of Slurm, torchrun, pip and ffmpeg's build, of the command line itself, and of our benchmarks."""
PIPELINES = sorted((ROOT / "pipelines").glob("*.toml"))


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tree_lists_exactly_the_folders() -> None:
    """The tree in the design page has every folder of the repository and of `vqaprep`, and no other."""
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```[a-z]*\n(.*?)```", design, flags=re.DOTALL)
    tree = next(block for block in blocks if re.search(r"^vqaprep/", block, flags=re.MULTILINE))
    outer = set(re.findall(r"^(\w+)/", tree, flags=re.MULTILINE))
    inner = set(re.findall(r"^\s+(\w+)/", tree, flags=re.MULTILINE))
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    held = {path.split("/")[0] for path in kept if "/" in path}
    assert outer == {name for name in held if not name.startswith(".")}
    rooms = [path for path in (ROOT / "vqaprep").iterdir() if (path / "__init__.py").exists()]
    assert inner == {path.name for path in rooms if not path.is_symlink()}  # links name folders of the top level


@pytest.mark.parametrize("name", list(jobs()))
def test_every_command_is_told_of(readme: str, name: str) -> None:
    assert re.search(rf"(`|vqaprep ){name}\b", readme)


def test_every_option_in_an_example_exists() -> None:
    """The example of a command runs with the options it shows."""
    from vqaprep.jobs import Common

    for job in jobs().values():
        known = {n.rstrip("_") for n in (*job.settings.model_fields, *Common.model_fields, "out")}
        for option in re.findall(r"--([a-z-]+)", job.example):
            assert option.replace("-", "_") in known, f"{job.name}: --{option}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_command_line_of_a_page_is_understood(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def idle(_source: Path, _out: Path, _settings: object, _common: object) -> list[str]:
        return []

    monkeypatch.setattr(cli, "jobs", lambda: {name: replace(job, run=idle) for name, job in jobs().items()})
    for line in re.findall(r"^ *(vqaprep .*)", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
        cli.main(shlex.split(line, comments=True)[1:])


def test_the_faq_explains_every_reason_of_a_drop() -> None:
    page = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", page, flags=re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(REASONS)


def test_every_option_that_a_page_names_exists() -> None:
    from vqaprep.jobs import Common

    own = {name for job in jobs().values() for name in job.settings.model_fields} | set(Common.model_fields)
    ours = {name.rstrip("_").replace("_", "-") for name in own} | {"out", "verbose", "log-json", "help"}
    ours |= {f"no-{name}" for name in ours}
    pages = {path.name: set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]*)", path.read_text("utf-8"))) for path in PAGES}
    wrong = {name: sorted(options - ours - OPTIONS_OF_OTHERS) for name, options in pages.items()}
    assert {name: options for name, options in wrong.items() if options} == {}


@pytest.mark.parametrize("path", PIPELINES, ids=lambda path: path.name)
def test_every_pipeline_can_be_planned(path: Path) -> None:
    pipeline = read_pipeline(path)
    assert pipeline.summary
    inputs = {name: Path(name) for name in ("input", *pipeline.inputs)}
    assert PipelinePlan(pipeline, path, Path("out"), inputs, seed=0).work


def test_there_are_pipelines() -> None:
    assert PIPELINES


def test_the_changelog_knows_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(
        rf"^## \[?{re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert metadata.version("vqaprep") == version
