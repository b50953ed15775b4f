"""Joining a user's table: every way to write a path, every table that must be refused, both leftover lists."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vqaprep.datasets.join import Join, join_labels, parse_renames
from vqaprep.datasets.missing import Missing
from vqaprep.datasets.read_labels import TableOptions
from vqaprep.errors import InputError
from vqaprep.rows import Video

VIDEOS = ["/data/a/one.mp4", "/data/b/one.mp4", "/data/b/Two.MOV"]


def _table(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding=encoding)
    return path


def _join(folder: Path, text: str, **options: str) -> Join:
    renames = parse_renames(options.pop("column", "").split())
    how = TableOptions(missing=Missing(present=options.pop("present", "").split()))
    return join_labels(VIDEOS, _table(folder, text), renames=renames, options=how, **options)  # type: ignore[arg-type]


def _video(uri: str, video_id: str) -> Video:
    return Video(
        video_id=video_id, uri=uri, sha256=video_id, num_bytes=1, container="mp4", codec="h264",
        width_px=2, height_px=2, rate_fps=25.0, num_frames=50, duration_s=2.0,
    )  # fmt: skip


def test_labels_get_the_types_of_their_columns(tmp_path: Path) -> None:
    join = _join(
        tmp_path,
        "path,mos,mos_std,label,subject_id,fold,split,remark\n"
        "a/one.mp4,3.5,.5,fight,007,2.0,Validation,x\nb/one.mp4,NA,NaN,none,,-,,\n",
        present="none",
    )
    assert join.columns["/data/a/one.mp4"] == {
        "mos": 3.5, "mos_std": 0.5, "label": "fight", "subject_id": "007", "fold": 2, "split": "val",
    }  # fmt: skip
    assert join.columns["/data/b/one.mp4"] == {"label": "none"}


def test_labels_without_a_video_are_listed(tmp_path: Path) -> None:
    join = _join(tmp_path, "path,mos\na/one.mp4,1\nc/one.mp4,2\n")
    assert list(join.columns) == ["/data/a/one.mp4"]
    assert join.unmatched_labels == ("c/one.mp4",)


@pytest.mark.parametrize("name", [r"b\two.mov", "./b/Two.mov", "B/TWO.MOV", "b/Two", "/data/b/Two.MOV", "b//Two.mp4"])
def test_path_is_understood_in_other_spellings(name: str, tmp_path: Path) -> None:
    assert _join(tmp_path, f"path,mos\n{name},2\n").columns == {"/data/b/Two.MOV": {"mos": 2.0}}


def test_folder_in_the_table_is_never_ignored(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the 1 labels .* names one of the 3 videos: it says 'c/Two.MOV'"):
        _join(tmp_path, "path,mos\nc/Two.MOV,2\n")


def test_stem_needs_no_folder(tmp_path: Path) -> None:
    assert _join(tmp_path, "stem,mos\nelsewhere/two.mp4,2\n", on="stem").columns == {"/data/b/Two.MOV": {"mos": 2.0}}


def test_name_of_several_videos_is_refused_with_their_paths(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2: 'one.mp4' means several videos \(/data/a/one.mp4, /data/b/one.mp4"):
        _join(tmp_path, "path,mos\none.mp4,1\n")


def test_case_tells_videos_apart_that_differ_in_nothing_else(tmp_path: Path) -> None:
    join = join_labels(["/d/A.mp4", "/d/a.mp4"], _table(tmp_path, "path,mos\na.mp4,1\nA.mp4,2\n"))
    assert join.columns == {"/d/a.mp4": {"mos": 1.0}, "/d/A.mp4": {"mos": 2.0}}


def test_name_without_ending_is_refused_where_two_videos_share_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'a' means several videos \(/d/a.mp4, /d/a.avi\)"):
        join_labels(["/d/a.mp4", "/d/a.avi"], _table(tmp_path, "path,mos\na,1\n"))


def test_id_finds_every_copy_of_a_video(tmp_path: Path) -> None:
    videos = [_video("/d/x.mp4", "ab12"), _video("/d/y.mp4", "cd34")]
    join = join_labels(videos, _table(tmp_path, "video_id,label\nCD34,fight\n"), on="id")
    assert join.columns == {"/d/y.mp4": {"label": "fight"}}


def test_id_without_probed_videos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="need probed videos"):
        _join(tmp_path, "video_id,label\nab12,fight\n", on="id")


def test_repeated_row_is_harmless(tmp_path: Path) -> None:
    assert _join(tmp_path, "path,mos\na/one.mp4,1\na/one.mp4,1.0\n").columns == {"/data/a/one.mp4": {"mos": 1.0}}


def test_rows_that_contradict_each_other_are_refused_with_both_lines(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3 contradicts .*line 2: both name /data/a/one.mp4"):
        _join(tmp_path, "path,mos\na/one.mp4,1\na/ONE.mp4,2\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,mos\na/one.mp4,good\n", "line 2: mos 'good' is not a number"),
        ("path,mos\na/one.mp4,inf\n", "line 2: mos 'inf' is not a finite number"),
        ("path,fold\na/one.mp4,1.5\n", "line 2: fold '1.5' is not a whole number"),
        ("path,fold\na/one.mp4,1e30\n", "line 2: fold '1e30' is too large"),
        ("path,fold\na/one.mp4,-9999999999999999999\n", "line 2: fold '-9999999999999999999' is too large"),
        ("path,split\na/one.mp4,dev\n", "line 2: split 'dev' is none of train, val, test"),
        ("path,mos\n,1\n", "line 2: the column path is empty"),
        ("path,mos\na/one.mp4\n", "line 2: 1 cells where 2 are expected"),
        ("path,mos,mos\na/one.mp4,1,2\n", "two columns named 'mos'"),
        ("path,mos,MOS\na/one.mp4,1,2\n", "two columns for mos: 'mos' and 'MOS'"),
        ("thing,mos\na/one.mp4,1\n", r"no column path \(it has thing, mos\); name it with --column path=THEIRS"),
        ("path\na/one.mp4\n", r"no label column \(it has path\)"),
        ("path,mos\n", "has a header but no row"),
        ("", "is empty"),
    ],
)
def test_table_that_cannot_be_right_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        _join(tmp_path, text)


def test_spreadsheet_csv_with_byte_order_mark_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    path = _table(tmp_path, "Path;MOS;label\nb\\Two.MOV;3,25;a, b\n", encoding="utf-8-sig")
    assert join_labels(VIDEOS, path).columns == {"/data/b/Two.MOV": {"mos": 3.25, "label": "a, b"}}


def test_text_of_no_known_encoding_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"save it as UTF-8 CSV, or as .xlsx, or name the encoding: --encoding cp1252"):
        join_labels(VIDEOS, _table(tmp_path, "path,label\na/one.mp4,한국말\n", encoding="cp949"))


def test_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        join_labels(VIDEOS, tmp_path / "none.csv")


def test_parquet_ids_that_became_floats_lose_their_point(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    columns = {"path": ["a/one.mp4", "b/one.mp4"], "subject_id": [7.0, None], "mos": [1.5, 2.0]}
    pq.write_table(pa.table(columns), path)
    assert join_labels(VIDEOS, path).columns == {
        "/data/a/one.mp4": {"subject_id": "7", "mos": 1.5},
        "/data/b/one.mp4": {"mos": 2.0},
    }


def test_columns_are_renamed(tmp_path: Path) -> None:
    join = _join(tmp_path, "file,MOS_score,mos\na/one.mp4,4,9\n", column="path=file mos=MOS_score")
    assert join.columns == {"/data/a/one.mp4": {"mos": 4.0}}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("mso=score", "unknown label column 'mso'.*Did you mean 'mos'"),
        ("mos=scor", "unknown column of .*'scor'.*Did you mean 'score'"),
        ("mos", "write it as OURS=THEIRS"),
        ("mos=score mos=file", "--column mos is given twice"),
    ],
)
def test_wrong_rename_is_refused(column: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        _join(tmp_path, "path,score,file\na/one.mp4,4,x\n", column=column)
