"""Clumsy uses that take several commands, another file or a fault of the machine between them."""

import json
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pytest

from tests.calling import call
from tests.films import picture, write_film
from vqaprep.cli import streams
from vqaprep.storage import path
from vqaprep.storage.hold import HELD


@dataclass
class Place:
    """Where a use happens: the study, a folder of its own with `videos` in it, and what the last command showed."""

    study: Path
    own: Path
    patch: pytest.MonkeyPatch
    shown: str = ""

    def film(self, name: str, *, shade: int = 90) -> None:
        """Write a film into the use's own folder of videos."""
        (self.own / "videos").mkdir(exist_ok=True)
        write_film(self.own / "videos" / name, [picture(i, shade=shade) for i in range(24)])

    def two_films(self) -> None:
        """Write two films."""
        self.film("a.mp4")
        self.film("b.mp4", shade=120)


Command = tuple[str, int, list[str]]
"""What is typed ({study}, {own} and {out} are folders), the exit code, and what the answer must say."""
Step = Command | Callable[[Place], object]

CUT = "--task none --num-frames 8 --clips 1 --engine inline"
RENDER = "--spatial resize --size-px 32 --engine inline"
SCAN = "scan {own}/videos -o {out} --engine inline"
READY: list[Step] = [Place.two_films, ("scan {own}/videos -o {own}/0 --engine inline", 0, ["2 rows"]),
         ("speed {own}/0 -o {own}/1 " + CUT, 0, ["2 rows"])]  # fmt: skip
TRIM = "trim {study}/videos.parquet -o {out}"


def as_module(place: Place) -> None:
    """Start the program as `python -m vqaprep --version`."""
    place.patch.setattr(sys, "argv", ["vqaprep", "--version"])
    runpy.run_module("vqaprep", run_name="__main__")


def without_gpu(place: Place) -> None:
    """Let torch find no GPU."""
    place.patch.setattr("torch.cuda.is_available", lambda: False)


def a_table_of_one(place: Place) -> None:
    """Write labels of one of two films."""
    place.two_films()
    (place.own / "labels.csv").write_text("video_name,MOS\na.mp4,3\n", encoding="utf-8")


def tables(place: Place) -> None:
    """Write manifests as CSV, and with a column that is not ours."""
    import pandas as pd

    rows = pd.read_parquet(place.study / "videos.parquet")
    rows.to_csv(place.own / "videos.csv", index=False)
    rows.assign(note="x").to_parquet(place.own / "note.parquet")


def taken_away(place: Place) -> None:
    """Move a film away."""
    (place.own / "videos" / "a.mp4").rename(place.own / "a.mp4")


def brought_back(place: Place) -> None:
    """Move it back."""
    (place.own / "a.mp4").rename(place.own / "videos" / "a.mp4")


def in_own(place: Place) -> None:
    """Work in the use's own folder."""
    place.patch.chdir(place.own)


def elsewhere(place: Place) -> None:
    """Work in another folder."""
    place.patch.chdir(place.study)


def full_disk(place: Place) -> None:
    """Leave one megabyte on the disk."""
    place.patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**6, total=10**9, used=10**9))


def another_writer(place: Place) -> None:
    """Let another process hold OUT."""
    (place.own / "out").mkdir()
    (place.own / "out" / HELD).write_text(json.dumps({"pid": 12, "host": "lab-pc"}), encoding="utf-8")

    def held(*_: object) -> None:
        raise BlockingIOError

    place.patch.setattr("fcntl.lockf", held)


def ctrl_c(place: Place) -> None:
    """Press Ctrl-C while the first film is read."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    place.patch.setattr("vqaprep.jobs.source.scan_one", interrupted)


def no_more(place: Place) -> None:
    """Take back what was patched."""
    place.patch.undo()


def a_name_in_unicode(place: Place) -> None:
    """Write a film with accents in its name."""
    place.film("J\u00e4ger \u540d\u524d.mp4")


def ascii_locale(place: Place) -> None:
    """Start under a forced ASCII locale: the program starts itself again in UTF-8."""
    begun: list[Any] = []
    place.patch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    place.patch.delenv("PYTHONUTF8", raising=False)
    place.patch.setattr(os, "execv", lambda *words: begun.append((words, os.environ["PYTHONUTF8"])))
    streams.in_utf8()
    assert [how for _, how in begun] == ["1"]


def narrow(place: Place) -> None:
    """Make the terminal 25 columns wide."""
    place.patch.setenv("COLUMNS", "25")


def fits(place: Place) -> None:
    """See that help keeps to 50 columns, below which option names would be cut."""
    assert max(map(len, place.shown.splitlines())) <= 50


def is_plain(place: Place) -> None:
    """See that nothing but text was written."""
    assert "\x1b" not in place.shown and "\r" not in place.shown


def to_head(place: Place) -> None:
    """Write to a reader that has gone, as `| head` does: no message, no traceback."""

    def gone(_: str) -> int:
        raise BrokenPipeError

    place.patch.setattr(streams, "_forget_output", lambda: None)
    with place.patch.context() as patch:
        patch.setattr(sys, "stdout", SimpleNamespace(write=gone, flush=lambda: None, isatty=lambda: False))
        assert call("version") == 1


def without_credentials(place: Place) -> None:
    """Know no credentials of any store, nor open a store that an earlier test opened or a later one will."""

    def opened(scheme: str, pid: int) -> Any:
        return fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)

    place.patch.setattr(path, "_file_system", opened)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        place.patch.delenv(name)
    place.patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    place.patch.setenv("HOME", str(place.own))


IN_STEPS: list[tuple[str, list[Step]]] = [
    ("7 the module", [as_module]),
    ("13 OUT inside IN", [Place.two_films, ("scan {own}/videos -o {own}/videos/out", 2,
        ["videos/out lies in", "choose another folder beside it"])]),
    ("32 no GPU", [without_gpu, ("train action {study}/shards -o {out} --preset tiny --accelerator cuda", 2,
        ["--accelerator 'cuda'", "finds no GPU", "auto or cpu", "vqaprep doctor"])]),
    ("33 a large batch", [("train action {study}/shards -o {out} --preset tiny --accelerator cpu --batch 1000 "
        "--epochs 1 --loader-workers 0", 0, ["--batch 1000", "2 examples", "every step takes all 2"])]),
    ("44 few labels", [a_table_of_one, (SCAN + " --labels {own}/labels.csv", 0, ["labels for 1 of 2 videos",
        "1 video without a row: ", "videos/b.mp4", "unmatched.csv", "correct the names"])]),
    ("49 a changed option", [(TRIM + " --head-s 0.2", 0, []), (TRIM + " --head-s 0.3", 2,
        ["head_s was 0.2, is 0.3", "Choose another -o", "--force to start over"]),
        (TRIM + " --head-s 0.3 --force", 0, ["2 rows"])]),
    ("50 the same again", [(TRIM, 0, ["2 rows"]), (TRIM, 0, ["already done"])]),
    ("51 a new video", [lambda place: place.film("a.mp4"), (SCAN, 0, ["1 rows"]), lambda place: place.film("b.mp4",
        shade=120), (SCAN, 2, ["another input", "added, removed or changed", "Choose another -o", "--force"]),
        (SCAN + " --force", 0, ["2 rows"])]),
    ("52 a manifest as CSV", [tables, ("trim {own}/videos.csv -o {out}", 0, ["2 rows"])]),
    ("53 a column more", [tables, ("trim {own}/note.parquet -o {out}", 0, ["2 rows"]),
        ("select {out} -o {own}/2 --where note=x", 0, ["2 rows"])]),
    ("55 a film is away", [*READY, taken_away, ("shard {own}/1 -o {out} " + RENDER, 1,
        ["videos/a.mp4: away", "bring them back", "same command again"]), brought_back,
        ("shard {own}/1 -o {out} " + RENDER, 0, ["2 clips, 0 dropped"])]),
    ("56 another folder", [Place.two_films, in_own, ("scan videos -o 0 --engine inline", 0, ["2 rows"]), elsewhere,
        ("speed {own}/0 -o {out} " + CUT, 0, ["2 rows, 0 dropped"])]),
    ("57 a full disk", [*READY, full_disk, ("shard {own}/1 -o {out} --spatial resize --size-px 1024 --engine inline", 2,
        ["has 1 MB free", "are needed", "free space, or choose another -o"])]),
    ("58 two writers", [another_writer, (TRIM, 2,
        ["is being written by another run (process 12 on lab-pc)", "wait for it or end it", "resumes"])]),
    ("59 Ctrl-C", [Place.two_films, ctrl_c, (SCAN, 130, ["interrupted; the same command resumes"]), no_more,
        (SCAN, 0, ["2 rows"])]),
    ("60 names in Unicode", [a_name_in_unicode, (SCAN, 0, ["1 rows, 0 dropped"]), ascii_locale]),
    ("61 25 columns", [narrow, ("trim -h", 0, ["Example:", "--head-s"]), fits, (TRIM, 0, ["2 rows"])]),
    ("62 no terminal", [Place.two_films, (SCAN, 0, ["2 rows"]), is_plain, to_head]),
    ("63 no credentials", [without_credentials, ("scan s3://bucket/videos -o {out}", 2,
        ["s3://bucket/videos", "credentials"])]),
]  # fmt: skip
