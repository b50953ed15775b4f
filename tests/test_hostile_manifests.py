"""A manifest may come from anywhere: what no video has is refused, with the row and the column, before any work."""

import json
from collections.abc import Callable
from math import inf, nan
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.made import clip, video
from vqaprep import cli
from vqaprep.errors import InputError
from vqaprep.rows import Span, TrackPoint
from vqaprep.rows.manifest import from_record, read_rows, to_record

OUTSIDE = "../../../../ESCAPED"
PLAIN = to_record(video(usable_spans=(Span(0.0, 1.0),), crop_track=(TrackPoint(0.5, 1.0, 2.0, 3.0, 4.0, 0.9),)))
CUT = to_record(clip())

VALUES: list[tuple[str, Any]] = [
    *(("video_id", wrong) for wrong in (OUTSIDE, "/tmp/a", "..", ".", "a/b", "a\\b", "a\nb", "a\0b", "", "-rf")),
    ("video_id", "\x1b[2J"),
    ("video_id", "v" * 5000),
    ("video_id", 7),
    *(("sha256", wrong) for wrong in (OUTSIDE, "AB" * 32, "ab" * 31, "", "g" * 64, b"\xff" * 32)),
    *(("uri", wrong) for wrong in ("http://host/a.mp4", "ftp://host/a", "github://o/a", "", "a\0b", 5)),
    *(("num_bytes", wrong) for wrong in (-1, 0, 2**60, "10", 1.5, True)),
    *(("width_px", wrong) for wrong in (0, -96, 10**9, nan, "wide")),
    *(("rate_fps", wrong) for wrong in (0.0, -25.0, nan, inf, -inf, 1e-9, 1e300, "25", True)),
    *(("num_frames", wrong) for wrong in (0, -1, 2**60, 2.5)),
    *(("duration_s", wrong) for wrong in (-1.0, nan, inf, 1e18)),
    ("start_s", nan),
    ("keep_start_s", inf),
    ("keep_end_s", -5.0),
    ("mos", nan),
    ("fold", 1e30),
    ("is_vfr", 1),
    ("is_vfr", "yes"),
    ("label", ["a"]),
    ("label", {"a": 1}),
    ("subject_name", 12),
    ("distortion", OUTSIDE),
    ("level", -1),
    ("usable_spans", [{"start_s": 2.0, "end_s": 1.0}]),
    ("usable_spans", [{"start_s": nan, "end_s": 1.0}]),
    ("usable_spans", [{"start_s": 0.0}]),
    ("usable_spans", [1.0, 2.0]),
    ("usable_spans", "0-1"),
    ("crop_track", [{"t_s": 0.0, "x_px": 0.0}]),
    ("crop_track", [PLAIN["crop_track"][0] | {"w_px": 0.0}]),
    ("crop_track", [PLAIN["crop_track"][0] | {"x_px": inf}]),
    ("crop_track", [PLAIN["crop_track"][0], PLAIN["crop_track"][0] | {"t_s": 0.1}]),
]  # fmt: skip

CLIP_VALUES: list[tuple[str, Any]] = [
    *(("clip_id", wrong) for wrong in (OUTSIDE, "a/b", "..", "a b", 3)),
    *(("scene_id", wrong) for wrong in (OUTSIDE, "\x1b]0;a\x07")),
    *(("frames", wrong) for wrong in ([], [-1, 0, 1, 2], [0, 1], [0, 1, 2, 10**12], [0.5, 1, 2, 3], "0123", [[0]])),
    *(("ticks", wrong) for wrong in ([-4, -3, -2, -1], [0, 1, 2, None])),
    *(("role", wrong) for wrong in ("both", 1)),
    ("rate_first", 0),
    ("pool", -3),
    ("interval", 10**9),
    ("motion", nan),
    ("task", OUTSIDE),
]  # fmt: skip


def test_names_of_distortions_and_clips_are_taken() -> None:
    chained = clip().having(distortion="gaussian_blur+jpeg", level=2, clip_id="v-0000-query-gaussian_blur+jpeg-2")
    assert from_record(to_record(chained)) == chained


def refused(record: dict[str, Any], column: str) -> None:
    with pytest.raises(InputError) as caught:
        from_record(record)
    assert column.partition("_")[0] in str(caught.value) or "frame" in str(caught.value)
    assert len(str(caught.value)) < 500 and str(caught.value).isprintable()


@pytest.mark.parametrize(("column", "wrong"), VALUES)
def test_a_value_that_no_video_has_is_refused(column: str, wrong: Any) -> None:
    assert from_record(PLAIN) == from_record(json.loads(json.dumps(PLAIN)))
    refused(PLAIN | {column: wrong}, column)


@pytest.mark.parametrize(("column", "wrong"), CLIP_VALUES)
def test_a_value_that_no_clip_has_is_refused(column: str, wrong: Any) -> None:
    assert from_record(CUT) == clip()
    refused(CUT | {column: wrong}, column)


def test_the_row_and_its_file_are_named(tmp_path: Path) -> None:
    rows = [to_record(video("a")), to_record(video("b")) | {"rate_fps": nan}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    with pytest.raises(InputError, match=r"m\.parquet, row 2: rate_fps is nan; allowed is a number from"):
        read_rows(tmp_path / "m.parquet")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "two rows have the id"),
        ({"distortion": "h264", "level": 1, "uri": "/videos/b.mp4"}, "name different files"),
        ({"distortion": "h264", "level": 1, "sha256": "ab" * 32}, "name different files"),
    ],
)
def test_rows_that_are_mixed_up_are_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    rows = [to_record(video("a")), to_record(video("a")) | changes]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    with pytest.raises(InputError, match=words):
        read_rows(tmp_path / "m.parquet")


def parquet_of(column: str, values: pa.Array) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        table = pa.Table.from_pylist([PLAIN])
        table = table.set_column(table.column_names.index(column), column, values)
        pq.write_table(table, folder / "m.parquet")
        return folder / "m.parquet"

    return write


def damaged(place: float) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        pq.write_table(pa.Table.from_pylist([PLAIN] * 50), folder / "m.parquet")
        data = bytearray((folder / "m.parquet").read_bytes())
        at = int(place * len(data))
        data[at : at + 200] = bytes(255 - value for value in data[at : at + 200])
        (folder / "m.parquet").write_bytes(data)
        return folder / "m.parquet"

    return write


def text(name: str, content: bytes) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return write


def _csv(**changes: str) -> Callable[[Path], Path]:
    cells = {name: str(value) for name, value in to_record(video()).items() if value is not None} | changes
    return text("m.csv", (",".join(cells) + "\n" + ",".join(cells.values()) + "\n").encode())


FILES: dict[str, Callable[[Path], Path]] = {
    "bytes for text": parquet_of("video_id", pa.array([b"\xff\xfe"])),
    "text that is not UTF-8": parquet_of("label", pa.array([b"\xff"]).view(pa.string())),
    "dates for numbers": parquet_of("duration_s", pa.array([0], pa.timestamp("us"))),
    "a date after all dates": parquet_of("duration_s", pa.array([2**62], pa.timestamp("us"))),
    "decimals": parquet_of("rate_fps", pa.array([25], pa.decimal128(5, 2))),
    "lists for numbers": parquet_of("num_frames", pa.array([[1]])),
    "all null": parquet_of("video_id", pa.array([None], pa.string())),
    "the null type": parquet_of("sha256", pa.nulls(1)),
    "structs": parquet_of("uri", pa.array([{"a": 1}])),
    "damaged pages": damaged(0.05),
    "damaged footer": damaged(0.8),
    "no Parquet": text("m.parquet", b"PAR1" + bytes(100) + b"PAR1"),
    "empty Parquet": text("m.parquet", b""),
    "CSV of zeros": text("m.csv", bytes(10) + b"\n" + bytes(10)),
    "CSV that is not UTF-8": text("m.csv", b"video_id,uri\n\xff\xfe,a\n"),
    "CSV with a cell of a megabyte": text("m.csv", b"video_id,uri\n" + b"a" * (1 << 20) + b",b\n"),
    "CSV with more cells": text("m.csv", b"video_id\na,b,c\n"),
    "CSV with an endless number": _csv(num_frames="9" * 5000),
    "CSV with inf": _csv(rate_fps="inf"),
    "CSV with NaN": _csv(duration_s="NaN"),
    "CSV with a path for an id": _csv(video_id=OUTSIDE),
    "CSV with a formula for a number": _csv(width_px="=1+1"),
    "CSV with a nested column": _csv(crop_track="[]"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        read_rows(FILES[name](tmp_path))
    assert "m." in str(caught.value)


@pytest.mark.parametrize("command", [("trim", "--render"), ("speed", "--min-motion", "0"), ("distort", "--render")])
def test_no_command_writes_outside_its_folders(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [PLAIN | {"video_id": OUTSIDE}, PLAIN | {"sha256": "../../../" + str(tmp_path / "ESCAPED")}]
    for row in rows:
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / "evil.parquet")
        with pytest.raises(SystemExit) as ended:
            cli.main([*command, str(tmp_path / "evil.parquet"), "-o", str(tmp_path / "safe" / "out"), "--workers", "1"])
        assert ended.value.code == 2
        assert "evil.parquet, row 1:" in capsys.readouterr().err
    assert not list(tmp_path.rglob("ESCAPED*")) and not (tmp_path / "safe" / "out").exists()
