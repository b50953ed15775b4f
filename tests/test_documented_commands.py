"""Every fenced block of README and docs runs, page by page, on small films and with tiny networks."""

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.calling import call
from tests.pages import PAGES, ROOT, Block, blocks_of, remember_faces, write_study, write_tables
from vqaprep.jobs import jobs

pytestmark = pytest.mark.slow
ALL = [block for path in PAGES for block in blocks_of(path)]
SHOWN_ONLY = {"": "a drawing", "csv": "the header of a table that the commands below it read"}
RUN = {"sh", "python", "toml"}
BEGINS_WITH_SHARDS = {"training.md"}
MOST_NOT_RUN = 8
REASONS = ("needs a network", "needs a cluster", "needs a data set", "needs an object store", "needs real footage")
GROUPS = {"distortions", "measures", "scorers", "codecs", "tasks", "systems", "examples", "datasets", "weights"}
SMALL = (
    (r"--preset small( --epochs \d+)?", "--preset tiny --epochs 1 --batch 2 --loader-workers 0"),
    (r"--size-px \d+", "--size-px 48"),
    (r"--head-s 180 --tail-s 150", "--head-s 0.2 --tail-s 0.2"),
    (r"--folds \d+", "--folds 3"),
    (r"--clips \d+", "--clips 2"),
    (r"--levels all", "--levels 1"),
    (r"^vqaprep crop ", "vqaprep crop --min-face-px 8 "),
    (r"^vqaprep score film.mp4", "vqaprep score film.mp4 --every 3"),
)
"""What makes a command small: short films, small pictures, tiny networks."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all files that pages name."""
    return write_study(tmp_path_factory.mktemp("pages") / "study")


@pytest.fixture
def shards(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return shards, for a page that begins with them."""
    monkeypatch.chdir(tmp_path)
    for line in (
        f"vqaprep scan {study / 'videos'} -o 0",
        "vqaprep speed 0 -o 1 --task fine --clips 2 --pairs",
        "vqaprep split 1 -o 2",
        "vqaprep shard 2 -o 6-shards --spatial resize --size-px 48",
    ):
        assert call(*made_small(line)) == 0, line
    return tmp_path / "6-shards"


def made_small(line: str) -> list[str]:
    """Return the words of a command as a test runs it: the same command on less, in this process."""
    for pattern, small in SMALL:
        line = re.sub(pattern, small, line)
    words = shlex.split(line, comments=True)[1:]
    return [*words, "--engine", "inline"] if "engine" in jobs()[words[0]].takes else words


def run(block: Block, names: dict[str, object]) -> None:
    """Run one block in the current folder; `names` are those of the page's Python so far."""
    if block.language == "python":
        exec(compile(block.text, str(block), "exec"), names)
    elif block.language == "toml" and (name := re.match(r"# (\w+\.toml)\n", block.text)):
        text = block.text.replace('run = "crop"', 'run = "crop"\nmin_face_px = 8')  # faces of the made films are small
        Path(name[1]).write_text(text, encoding="utf-8")
    elif block.language == "toml":
        check_entry_points(block)
    else:
        for line in block.text.replace("\\\n", " ").splitlines():
            if re.match(r"vqaprep\s", line):
                assert call(*made_small(line)) == 0, f"{block}: {line}"
            else:
                subprocess.run(["bash", "-c", line], check=True)


def check_entry_points(block: Block) -> None:
    """Check that every group of entry points is one that vqaprep reads, and that all are shown."""
    groups = tomllib.loads(block.text)["project"]["entry-points"]
    assert set(groups) == {f"vqaprep.{group}" for group in GROUPS - {"weights"}}
    for values in groups.values():
        assert all(re.fullmatch(r"[\w.]+(:\w+)?", value) for value in values.values())


@pytest.mark.parametrize("path", [path for path in PAGES if blocks_of(path)], ids=lambda path: path.name)
def test_every_block_of_a_page_runs(
    path: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    blocks = blocks_of(path)
    here = Path(shutil.copytree(study, tmp_path / "here"))
    write_tables(here, blocks)
    if path.name in BEGINS_WITH_SHARDS:
        shutil.copytree(request.getfixturevalue("shards"), here / "6-shards")
    remember_faces(here)
    monkeypatch.chdir(here)
    monkeypatch.setenv("COLUMNS", "120")
    names: dict[str, object] = {}
    for block in blocks:
        if block.language in RUN and block.why_not is None:
            run(block, names)


def test_every_block_runs_or_says_why_not() -> None:
    assert {block.language for block in ALL} <= RUN | SHOWN_ONLY.keys()
    left_out = [block for block in ALL if block.why_not is not None]
    assert [str(block) for block in left_out if not str(block.why_not).startswith(REASONS)] == []
    assert len(left_out) <= MOST_NOT_RUN
    run_blocks = [block for block in ALL if block.language in RUN and block.why_not is None]
    assert len(run_blocks) > len(left_out)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = ["mkdocs", "build", "--quiet", "--strict", "-f", str(ROOT / "mkdocs.yml"), "-d", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", *build], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "cli.html").read_text(encoding="utf-8")
    assert "--head-s" in page and "max-drop-rate" in page
    assert "open_shards" in (tmp_path / "api.html").read_text(encoding="utf-8")
    assert [page.name for page in tmp_path.glob("*.html") if "```" in page.read_text(encoding="utf-8")] == []
