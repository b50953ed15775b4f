"""What the documents tell a reader to run does run, on small films and with tiny networks."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.films import pictures, write_film
from vqaprep import cli
from vqaprep.rows.manifest import read_rows

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


def commands_of(page: str) -> list[str]:
    """Return the command lines of a page, in order."""
    return re.findall(r"^ *(vqaprep .*)", (ROOT / page).read_text(encoding="utf-8"), flags=re.MULTILINE)


def table_of(page: str) -> str:
    """Return the header of the table that a page shows."""
    (header,) = re.findall(r"```csv\n *(.*)", (ROOT / page).read_text(encoding="utf-8"))
    return str(header)


def made_small(line: str) -> list[str]:
    """Return the words of a command with a tiny network, few epochs and small pictures."""
    line = line.replace("--preset small", "--preset tiny --epochs 1 --batch 2 --loader-workers 0")
    words = shlex.split(line.replace("--size-px 160", "--size-px 64"), comments=True)[1:]
    return [*words, "--engine", "inline"] if words[0] in ("scan", "speed", "shard", "score") else words


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder with scored films, as the quick start of a quality study has it."""
    rows = [table_of("docs/start_quality.md")]
    for folder, num in (("videos", 10), ("new_videos", 1)):
        (tmp_path / folder).mkdir()
        for number in range(num):
            film = pictures(150, step_px=3 + number % 4, shade=60 + 8 * number)
            write_film(tmp_path / folder / f"clip_{number:03}.mp4", film)
            if folder == "videos":
                rows.append(f"clip_{number:03}.mp4,{1 + number / 3:.2f},0.5")
    (tmp_path / "scores.csv").write_text("\n".join(rows))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


def test_the_quick_start_of_a_quality_study_runs(study: Path) -> None:
    lines = commands_of("docs/start_quality.md")
    assert len(lines) > 10
    for line in lines:
        cli.main(made_small(line))
    assert (study / "11-scores" / "scores.csv").is_file()


def test_the_table_of_an_interview_study_is_understood(study: Path) -> None:
    (study / "people.csv").write_text(
        f"{table_of('docs/start_interviews.md')}\nclip_000.mp4,Jane Miller,S001,MCI,21\n", encoding="utf-8"
    )
    cli.main(made_small("vqaprep scan videos -o 0 --labels people.csv"))
    row = next(row for row in read_rows(study / "0" / "manifest.parquet") if row.uri.endswith("clip_000.mp4"))
    assert (row.subject_name, row.subject_id, row.label) == ("Jane Miller", "S001", "MCI")
    assert row.extra == (("MoCA", "21"),)


def test_the_python_of_the_readme_runs(study: Path) -> None:
    for line in (
        "vqaprep scan videos -o 0",
        "vqaprep speed 0 -o 1 --task none",
        "vqaprep split 1 -o 2",
        "vqaprep shard 2 -o 6-shards --spatial resize --size-px 32",
    ):
        cli.main(made_small(line))
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)
    assert np.asarray(next(iter(names["tars"]))["query.none.npy"]).ndim == 4  # type: ignore[call-overload]


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    build = ["mkdocs", "build", "--quiet", "--strict", "-f", str(ROOT / "mkdocs.yml"), "-d", str(tmp_path)]
    done = subprocess.run([sys.executable, "-m", *build], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "cli.html").read_text(encoding="utf-8")
    assert "--head-s" in page and "max-drop-rate" in page
    assert "open_shards" in (tmp_path / "api.html").read_text(encoding="utf-8")
