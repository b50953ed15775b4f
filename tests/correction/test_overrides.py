"""A table of decisions says what is meant, or is refused with the value, what is allowed and what to do."""

from pathlib import Path

import pytest

from tests.made import video
from vqaprep.correction.matching import fitted, matched
from vqaprep.correction.overrides import digest, read_overrides
from vqaprep.detect.by_hand import Override
from vqaprep.errors import InputError
from vqaprep.rows import Box, Span

HEAD = "file,rule,box,start_s,end_s,keep,by"
WHOLE = Span(0.0, float("inf"))


def table(folder: Path, *rows: str, head: str = HEAD, ending: str = "\n") -> Path:
    path = folder / "overrides.csv"
    path.write_text(ending.join([head, *rows]) + ending, encoding="utf-8")
    return path


def read_rows(folder: Path, *rows: str, head: str = HEAD) -> list[Override]:
    return [one.override for one in read_overrides(table(folder, *rows, head=head))]


def test_every_kind_of_decision_is_read(tmp_path: Path) -> None:
    assert read_rows(
        tmp_path,
        "a.mp4,,10 20 30 40,,,yes,AB",
        "a.mp4,left,,00:01:00,2m,,",
        'b.mp4,,"1,2,3,4",5,9.5,no,',
        "b.mp4,,,5,,no,",
        "c.mp4,,,,,skip,",
    ) == [
        Override(WHOLE, True, Box(10, 20, 30, 40), by="AB"),
        Override(Span(60.0, 120.0), True, rule="left"),
        Override(Span(5.0, 9.5), False, Box(1, 2, 3, 4)),
        Override(Span(5.0, float("inf")), False),
        Override(WHOLE, False),
    ]


def test_tables_of_spreadsheets_are_read(tmp_path: Path) -> None:
    """Semicolons, decimal commas, another order of columns, fewer columns, a byte order mark, blank rows."""
    head = "\ufeffKeep;Start_s;End_s;Box;Video_name"
    assert read_rows(tmp_path, ";1,5;2,5;1 2 3 4;a.mp4", ";;;;", head=head) == [
        Override(Span(1.5, 2.5), True, Box(1, 2, 3, 4))
    ]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a.mp4,middle,,,,,", "unknown rule 'middle'; known: largest, left, only, right"),
        ("a.mp4,left,1 2 3 4,,,,", "give one of them"),
        ("a.mp4,,1 2 3,,,,", "box is '1 2 3'; allowed are four numbers in pixels"),
        ("a.mp4,,1 2 x 4,,,,", "box is '1 2 x 4'; allowed are four numbers"),
        ("a.mp4,,1 2 nan 4,,,,", "allowed are four numbers"),
        ("a.mp4,,1 2 0 4,,,,", "has no area; give left top width height"),
        ("a.mp4,,1 2 3 4,soon,,,", "start_s is 'soon'; allowed are seconds from the first frame"),
        ("a.mp4,,1 2 3 4,-1,,,", "start_s is '-1'; allowed are seconds"),
        ("a.mp4,,1 2 3 4,inf,,,", "start_s is 'inf'; allowed are seconds"),
        ("a.mp4,,1 2 3 4,5,5,,", "end_s 5 is not after start_s 5; give the end"),
        ("a.mp4,,1 2 3 4,,,maybe,", "keep is 'maybe'; allowed are yes and no"),
        ("a.mp4,,,,,,", "neither rule nor box says who"),
        ("a.mp4,left,,,,no,", "say who it is not by a box"),
        (",left,,,,,", "file is empty; name the video"),
    ],
)
def test_a_bad_cell_is_refused_with_its_row_and_what_is_allowed(tmp_path: Path, row: str, words: str) -> None:
    path = table(tmp_path, "good.mp4,left,,,,,", row)
    with pytest.raises(InputError, match=r"row 3|line 3") as refused:
        read_overrides(path)
    assert words in str(refused.value)


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    rows = [f"{number}.mp4,up,,,,," for number in range(30)]
    with pytest.raises(InputError, match="and 10 more"):
        read_overrides(table(tmp_path, *rows))


def test_a_wrong_column_an_empty_table_and_no_file_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown column .* 'boks'.*'box'"):
        read_rows(tmp_path, "a.mp4,1 2 3 4", head="file,boks")
    with pytest.raises(InputError, match="no column file"):
        read_rows(tmp_path, "left,yes", head="rule,keep")
    with pytest.raises(InputError, match="holds no decision"):
        read_rows(tmp_path)


NAMES = {"u1": ("/films/day 1/a.mp4", "id1"), "u2": ("/films/day 2/a.mp4", "id2"), "u3": ("/films/b.mkv", "id3")}


def matched_overrides(folder: Path, *rows: str) -> dict[str, tuple[Override, ...]]:
    return matched(read_overrides(table(folder, *rows)), NAMES)


def test_a_video_is_named_by_the_end_of_its_path_its_stem_or_its_id(tmp_path: Path) -> None:
    for name in ("b.mkv", "b", "B.MKV", "films/b.mkv", "/films/b.mkv", "films\\b.mkv", "id3"):
        assert list(matched_overrides(tmp_path, f"{name},left,,,,,")) == ["u3"], name
    assert list(matched_overrides(tmp_path, "day 2/a.mp4,left,,,,,")) == ["u2"]


def test_paths_of_another_machine_are_matched_below_their_shared_folders(tmp_path: Path) -> None:
    rows = "D:\\study\\day 1\\a.mp4,left,,,,,", "D:\\study\\day 2\\a.mp4,right,,,,,"
    rules = {video: decided[0].rule for video, decided in matched_overrides(tmp_path, *rows).items()}
    assert rules == {"u1": "left", "u2": "right"}


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="save it from the page"):
        read_overrides(tmp_path / "none.csv")


def test_a_video_that_is_not_there_or_could_be_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'c.mkv' is none of the 3 videos.*Did you mean 'b.mkv'"):
        matched_overrides(tmp_path, "c.mkv,left,,,,,")
    with pytest.raises(InputError, match="means several videos") as refused:
        matched_overrides(tmp_path, "a.mp4,left,,,,,")
    assert "is none of" not in str(refused.value)


def test_two_rows_may_not_decide_one_time(tmp_path: Path) -> None:
    rows = "b.mkv,left,,0,10,,", "b.mkv,,1 2 3 4,9,12,,"
    with pytest.raises(InputError, match=r"contradicts .* from 9 s on; give start_s and end_s"):
        matched_overrides(tmp_path, *rows)
    assert len(matched_overrides(tmp_path, rows[0], "b.mkv,,1 2 3 4,10,12,,", "b.mkv,,1 2 3 4,,,no,")["u3"]) == 3
    assert len(matched_overrides(tmp_path, rows[0], rows[0])["u3"]) == 1


def test_times_count_from_the_first_frame_and_must_lie_in_the_video() -> None:
    row = video("v", start_s=100.0)
    one = Override(Span(1.0, 2.0), box=Box(0, 0, 10, 10))
    assert fitted({row.uri: (one,)}, [row]) == {row.uri: (Override(Span(101.0, 102.0), box=Box(0, 0, 10, 10)),)}
    with pytest.raises(InputError, match=r"start_s 9 is after the end of the video, which lasts 8.00 s"):
        fitted({row.uri: (Override(Span(9.0, 12.0), False),)}, [row])
    with pytest.raises(InputError, match=r"the box 96 0 5 5 lies outside the picture of 96x64"):
        fitted({row.uri: (Override(WHOLE, box=Box(96, 0, 5, 5)),)}, [row])


def test_the_order_of_rows_is_no_other_decision() -> None:
    one, two = Override(Span(0, 1), rule="left"), Override(Span(1, 2), rule="right")
    assert digest([one, two]) == digest([two, one]) != digest([one])
