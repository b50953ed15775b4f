"""A made clinic: films, labels and captions with names that must not come out, and how to look for them."""

import logging
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cached_sightings import remember
from tests.films import picture, write_film
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.rows import Box
from vqaprep.rows.pseudonyms import PRIVATE

TOKENS = ("zyxwvut", "quillfeather")
NAME, MISREAD = "Zyxwvut Quillfeather", "Zyxwvut Qui1Ifeather"
TABLE = f"""path,subject_id,subject_name,group_id,label
Zyxwvut_Quillfeather.mp4,ZQ-zyxwvut,{NAME},Quillfeather family,MCI
Quillfeather alone.mp4,Q2,Otto Quillfeather,Quillfeather family,NC
lost Quillfeather.mp4,Q3,Lost Quillfeather,Quillfeather family,NC
"""
CLIPS = ("--task", "fine", "--num-frames", 8, "--clips", 2, "--min-motion", 0, "--max-still", 1)


def films(folder: Path) -> Path:
    """Write an interview with a caption, one without a face, a copy, and two that cannot be read."""
    folder.mkdir(parents=True)
    one = write_film(folder / "Zyxwvut_Quillfeather.mp4", [picture(i) for i in range(60)])
    write_film(folder / "Quillfeather alone.mp4", [picture(i, shade=150) for i in range(60)])
    shutil.copy(one, folder / "copy of zyxwvut's.mp4")
    (folder / 'broken Zyxwvut\'s "Quillfeather".mp4').write_bytes(b"I am a letter\n" * 100)
    (folder / "cut Quillfeather.mp4").write_bytes(one.read_bytes()[:4000])
    return folder


def see(path: Path, *captions: str) -> None:
    """Put into the cache that a face was seen in the film all the time, over these captions."""
    times = tuple(i * 0.4 for i in range(6))
    faces = tuple(Face(t, round(25 * t), Box(30, 8, 36, 36), 0.99) for t in times) if captions else ()
    texts = tuple(Caption(t, round(25 * t), text, 0.9, Box(28, 50, 40, 8)) for t in times for text in captions)
    remember(path, Sightings(faces, texts, times, times))


def leaks(folder: Path, tokens: tuple[str, ...] = TOKENS) -> list[str]:
    """Return the files of `folder`, but the private one, that hold a token in their name or content."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != PRIVATE):
        text = " ".join([str(path.relative_to(folder)), *_texts(path)]).lower()
        found += [f"{path.relative_to(folder)}: {token}" for token in tokens if token in text]
    return found


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        yield f"{table.to_pylist()} {table.schema.metadata}"
    elif path.suffix == ".tar":
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member)
                yield member.name + (file.read().decode("latin-1") if file else "")
    else:
        yield path.read_bytes().decode("latin-1")


@contextmanager
def captured_output(path: Path) -> Iterator[None]:
    """Write to `path` all that this process, its children and native code say."""
    kept = [os.dup(number) for number in (1, 2)]
    with pytest.MonkeyPatch.context() as patch, path.open("w", encoding="utf-8") as log:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(log.fileno(), number)
            patch.setattr(f"sys.{name}", log)
        try:
            yield
        finally:
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)
    logging.getLogger().handlers.clear()
