"""The fenced blocks of README and docs, and the small study in which they run."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.cached_sightings import remember
from tests.films import picture, pictures, write_film
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.rating.answers import FORMAT
from vqaprep.rows import Box

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PEOPLE = {"visit1.mp4": "Jane Miller", "visit2.mp4": "John Weber", "visit3.mp4": "Ann Lee", "visit4.mp4": "Otto Berg"}
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_MARKER = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
_TRACK_S = 6


@dataclass(frozen=True)
class Block:
    """One fenced block of a page: `why_not` is the reason in the marker before a block that no test runs."""

    page: str
    line: int
    language: str
    text: str
    why_not: str | None

    def __str__(self) -> str:
        """Return the place of the block, for messages."""
        return f"{self.page}:{self.line}"


def blocks_of(path: Path) -> list[Block]:
    """Return the fenced blocks of a page in order; an indented block loses its indent."""
    page, blocks = path.read_text(encoding="utf-8"), []
    for fence in _FENCE.finditer(page):
        indent, language, text = fence.groups()
        marker = _MARKER.search(page, 0, fence.start())
        lines = [line.removeprefix(indent) for line in text.splitlines()]
        line = page.count("\n", 0, fence.start()) + 1
        blocks.append(Block(path.name, line, language, "\n".join(lines), marker[1] if marker else None))
    return blocks


def write_study(folder: Path) -> Path:
    """Write all files that pages name: interviews with their table, scored videos, a film and its reference."""
    for name in ("interviews", "videos", "new_videos"):
        (folder / name).mkdir(parents=True)
    for number, name in enumerate(PEOPLE):
        film = [picture(i, shade=60 + 20 * number) for i in range(25 * _TRACK_S)]
        write_film(folder / "interviews" / name, film)
    for number in range(10):
        film = pictures(150, step_px=3 + number % 4, shade=60 + 8 * number)
        write_film(folder / "videos" / f"clip_{number:03}.mp4", film)
    write_film(folder / "new_videos" / "new.mp4", pictures(150, step_px=5, shade=100))
    shutil.copytree(folder / "interviews", folder / "few_videos")
    write_film(folder / "original.mp4", pictures(25))
    write_film(folder / "coded.mp4", pictures(25), options={"crf": "40"})
    shutil.copy(folder / "new_videos" / "new.mp4", folder / "film.mp4")
    (folder / "plan.csv").write_text("video_name,reference,training\nclip_001.mp4,clip_000.mp4,\nclip_002.mp4,,yes\n")
    (folder / "overrides.csv").write_text("file,rule\nvisit1.mp4,left\n", encoding="utf-8")
    _write_answers(folder / "answers", "acr")
    _write_answers(folder / "pair_answers", "pc")
    return folder


def write_tables(folder: Path, blocks: list[Block]) -> None:
    """Write the tables that a page shows: its header over a row for each film of the study."""
    people = "filename,participant_name,participant_id,diagnosis,MoCA"
    headers = {"people.csv": people, "scores.csv": "video_name,MOS,SD"}
    for block in blocks:
        if block.language == "csv":
            header = block.text.splitlines()[0]
            headers["people.csv" if "participant_name" in header else "scores.csv"] = header
    rows = [f"{name},{who},S{i:03},{'MCI' if i % 2 else 'NC'},{20 + i}" for i, (name, who) in enumerate(PEOPLE.items())]
    (folder / "people.csv").write_text("\n".join([headers["people.csv"], *rows]), encoding="utf-8")
    rows = [f"clip_{number:03}.mp4,{1 + number / 3:.2f},0.5" for number in range(10)]
    (folder / "scores.csv").write_text("\n".join([headers["scores.csv"], *rows]), encoding="utf-8")


def remember_faces(folder: Path) -> None:
    """Put into the cache what detectors would have seen: each participant's face over a caption of the name."""
    times_s = tuple(0.4 * i for i in range(round(_TRACK_S / 0.4)))
    for path in (*folder.glob("interviews/*"), *folder.glob("few_videos/*")):
        faces = tuple(Face(t_s, round(25 * t_s), Box(30, 8, 36, 36), 0.99) for t_s in times_s)
        name = PEOPLE[path.name]
        captions = tuple(Caption(t_s, round(25 * t_s), name, 0.9, Box(28, 50, 40, 8)) for t_s in times_s)
        remember(path, Sightings(faces, captions, times_s, times_s))


def _write_answers(folder: Path, method: str) -> None:
    folder.mkdir()
    for rater in ("R1", "R2", "R3"):
        answers = [
            {"kind": "test", "videos": videos, "reference": None, "score": score, "dropped_frames": 0}
            for videos, score in (
                [([f"clip_{i:03}.mp4"], 1 + i % 5) for i in range(5)]
                if method == "acr"
                else [([f"clip_{i:03}.mp4", f"clip_{i + 1:03}.mp4"], 2) for i in range(5)]
            )
        ]
        values = {"format": FORMAT, "study": "s1", "method": method, "rater": rater, "answers": answers}
        text = json.dumps(values | {"is_complete": True})
        (folder / f"ratings-s1-{rater}.json").write_text(text, encoding="utf-8")
