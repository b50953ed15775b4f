"""Rows come back from disk as they were, and what cannot be a row is refused with its name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import clip, video
from vqaprep.errors import InputError
from vqaprep.rows import Clip, Dropped, Row, Span, TrackPoint, Video
from vqaprep.rows.manifest import (
    from_record,
    read_dropped,
    read_rows,
    rows_sha256,
    schema,
    to_record,
    write_dropped,
    write_rows,
)

FULL = video(
    "f", dataset="d", subject_id="s", label="MCI", mos=3.25, fold=2, is_vfr=True, start_s=1.5,
    usable_spans=(Span(1.0, 2.0), Span(3.0, 4.5)), crop_track=(TrackPoint(0.5, 1.0, 2.0, 3.0, 4.0, 0.9),),
)  # fmt: skip
CSV = "video_id,uri,sha256,num_bytes,container,codec,width_px,height_px,rate_fps,num_frames,duration_s"
SHA256 = "ab" * 32
CSV_ROW = f"v,/a.mp4,{SHA256},10,mp4,h264,96,64,25,100,4"


@pytest.mark.parametrize(
    "rows", [[video(), FULL], [clip(), clip(number=1, change_index=2, role="key")]], ids=["videos", "clips"]
)
def test_rows_come_back_from_parquet(tmp_path: Path, rows: list[Row]) -> None:
    write_rows(tmp_path / "m.parquet", rows)
    again = read_rows(tmp_path / "m.parquet")
    assert again == rows
    assert rows_sha256(again) == rows_sha256(rows)


@given(label=st.text(st.characters(exclude_categories=["Cs"])), mos=st.floats(-1e9, 1e9))
def test_any_text_and_number_survives_a_record(label: str, mos: float) -> None:
    row = video(label=label, mos=mos)
    assert from_record(to_record(row)) == row


def test_an_empty_manifest_keeps_its_columns(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    write_rows(tmp_path / "m.parquet", [])
    assert read_rows(tmp_path / "m.parquet") == []
    assert pq.read_schema(tmp_path / "m.parquet").names == schema(Video).names


def test_every_column_of_a_row_has_a_type_on_disk() -> None:
    assert set(schema(Clip).names) == set(to_record(clip()))


def test_the_checksum_tells_rows_and_their_order_apart() -> None:
    one, two = video("a"), video("b")
    assert len({rows_sha256(rows) for rows in ([one], [two], [one, two], [two, one])}) == 4


def test_drops_come_back(tmp_path: Path) -> None:
    dropped = [Dropped("v", "scan", "corrupt", "bad\u2028block"), Dropped("w", "speed", "too_short")]
    write_dropped(tmp_path / "d.parquet", dropped)
    assert read_dropped(tmp_path / "d.parquet") == dropped


def test_a_csv_manifest_is_read_with_types(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(f"{CSV},mos,is_vfr,label\n{CSV_ROW},3.5,true,\n", encoding="utf-8")
    (row,) = read_rows(tmp_path / "m.csv")
    assert (row.num_frames, row.mos, row.is_vfr, row.label) == (100, 3.5, True, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{CSV},mso\n{CSV_ROW},3\n", "Did you mean 'mos'"),
        (f"{CSV},crop_track\n{CSV_ROW},1\n", "use Parquet"),
        (f"{CSV},mos\n{CSV_ROW},good\n", "'good', which is no float"),
        (f"{CSV}\n{CSV_ROW},7\n", "more cells"),
        (f"{CSV}\nv,/a.mp4\n", "lacks sha256"),
    ],
)
def test_a_wrong_csv_manifest_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_rows(tmp_path / "m.csv")


def test_a_file_that_only_ends_in_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.parquet").write_text("no table", encoding="utf-8")
    with pytest.raises(InputError, match="is no manifest"):
        read_rows(tmp_path / "m.parquet")
