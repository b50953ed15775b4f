"""A name that stands in a file's name, its caption and its labels is nowhere in what a run writes under pseudonyms."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.calling import call
from tests.clinic import CLIPS, MISREAD, NAME, TABLE, TOKENS, captured_output, films, leaks, see
from tests.test_pseudonyms import make_key
from vqaprep.rows import Video
from vqaprep.rows.journal import Journal
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.rows.pseudonyms import PRIVATE, Veil


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the whole job from films whose names must not come out; `log` holds what it said."""
    place = tmp_path_factory.mktemp("clinic")
    videos, key, out = films(place / "Zyxwvut Quillfeather" / "films"), make_key(place / "key"), place / "out"
    table = place / "Zyxwvut labels.csv"
    table.write_text(TABLE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, captured_output(place / "log"):
        patch.setenv("VQAPREP_CACHE", str(place / "cache"))
        see(videos / "Zyxwvut_Quillfeather.mp4", MISREAD)
        see(videos / "Quillfeather alone.mp4")
        how = ("--workers", "1", "--log-json", "--verbose")
        assert call("scan", videos, "-o", out / "1", "--labels", table, "--pseudonymize", key, *how) == 0
        assert call("trim", out / "1", "-o", out / "2", "--render", *how) == 0
        assert call("crop", out / "2", "-o", out / "3", "--min-face-px", 8, "--render", *how) == 0
        assert call("distort", out / "3", "-o", out / "4", "--kinds", "gaussian_blur", *how) == 0
        assert call("speed", out / "4", "-o", out / "5", *CLIPS, *how) == 0
        assert call("split", out / "5", "-o", out / "6", "--fractions", 1, 0, 0, *how) == 0
        assert call("shard", out / "6", "-o", out / "7", "--spatial", "face", "--size-px", 32, *how) == 0
        assert call("report", out, "--verbose") == 0
        assert call("status", out, "--verbose") == 0
    return place


def test_nothing_that_is_written_tells_who_it_is(clinic: Path) -> None:
    assert leaks(clinic / "out") == []


def test_the_token_would_be_found(clinic: Path, tmp_path: Path) -> None:
    shutil.copy(clinic / "out" / "1" / PRIVATE, tmp_path / "open.parquet")
    assert leaks(tmp_path) == [f"open.parquet: {token}" for token in TOKENS]


def test_the_log_names_nobody_and_never_the_key(clinic: Path) -> None:
    log = (clinic / "log").read_text(encoding="utf-8").lower()
    assert "scan: 5 in" in log
    assert not [word for word in (*TOKENS, "5a5a5a") if word in log]
    assert leaks(clinic / "out", ("5a5a5a5a5a",)) == []


def test_every_file_is_accounted_for_under_its_pseudonym(clinic: Path) -> None:
    dropped = read_dropped(clinic / "out" / "1" / "dropped.parquet")
    assert sorted(drop.reason for drop in dropped) == ["duplicate", "unreadable", "unreadable"]
    assert all(drop.id.startswith("private:") for drop in dropped)
    with (clinic / "out" / "1" / "unmatched.csv").open(newline="", encoding="utf-8") as file:
        assert [row[0] for row in csv.reader(file)] == ["side", "label"]


def test_the_misread_caption_is_matched_and_written_as_the_manifests_hash(clinic: Path) -> None:
    (row,) = read_rows(clinic / "out" / "3" / "manifest.parquet")
    assert row.subject_rule == "caption"
    assert row.subject_name == Veil(clinic / "key").name(NAME)
    (drop,) = read_dropped(clinic / "out" / "3" / "dropped.parquet")
    assert drop.reason == "no_face"


def test_one_private_file_tells_its_owner_what_everything_stands_for(clinic: Path) -> None:
    paths = sorted((clinic / "out").rglob(PRIVATE))
    assert [path.parent.name for path in paths] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
    ]  # the shards can be shared as they are
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    told = {row["pseudonym"]: row["stands_for"] for row in pq.read_table(paths[0]).to_pylist()}
    (row,) = (row for row in read_rows(clinic / "out" / "1" / "manifest.parquet") if row.label == "MCI")
    assert Path(told[row.uri]).name == "Zyxwvut_Quillfeather.mp4"
    assert told[str(row.subject_name)] == NAME
    assert all(told[drop.id] for drop in read_dropped(clinic / "out" / "1" / "dropped.parquet"))


def test_what_shows_faces_or_names_says_so(clinic: Path) -> None:
    films = sorted(path.name for step in "23" for path in (clinic / "out" / step).rglob("*.mp4"))
    sheets = [path.name for path in (clinic / "out" / "3" / "previews").iterdir()]
    assert len(films) == 3
    assert len(sheets) == 2
    assert all("-contains-faces" in name for name in films)
    assert all(name.endswith("-contains-faces-and-names.png") for name in sheets)


def test_the_report_shows_no_face_unless_asked(clinic: Path) -> None:
    page = (clinic / "out" / "report.html").read_text(encoding="utf-8")
    assert "<img" not in page
    assert call("report", clinic / "out", "--faces", "show") == 0
    page = (clinic / "out" / "report-contains-faces.html").read_text(encoding="utf-8")
    assert "<img" in page and "no picture" not in page and "not shown" not in page
    assert leaks(clinic / "out") == []


def test_shards_with_paths_cannot_be_made_of_hidden_videos(clinic: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("shard", clinic / "out" / "6", "-o", clinic / "out" / "no", "--include-source") == 2
    assert "leave it out" in capsys.readouterr().err
    assert call("shard", clinic / "out" / "6", "-o", clinic / "whole", "--spatial", "resize", "--dry-run") == 0
    assert "show the captions burnt into them" in capsys.readouterr().err


def test_a_subject_given_on_the_command_line_is_hidden_too(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(clinic / "cache"))
    film, out = clinic / "Zyxwvut Quillfeather" / "films" / "Zyxwvut_Quillfeather.mp4", clinic / "asked"
    words = ("--subject", f"Otto Somebody|{NAME}", "--min-face-px", 8, "--workers", 1)
    assert call("crop", film, "-o", out, "--pseudonymize", clinic / "key", *words) == 0
    (row,) = read_rows(out / "manifest.parquet")
    assert row.subject_name == Veil(clinic / "key").name(NAME)
    assert leaks(out) == []


def test_what_is_cut_out_is_the_same_under_pseudonyms(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(clinic / "cache"))
    film = clinic / "Zyxwvut Quillfeather" / "films" / "Zyxwvut_Quillfeather.mp4"
    words = ("--subject", NAME, "--min-face-px", 8, "--workers", 1)
    assert call("crop", film, "-o", clinic / "plain", *words) == 0
    (plain,), (hidden,) = (read_rows(out / "manifest.parquet") for out in (clinic / "plain", clinic / "out" / "3"))
    assert (plain.uri, plain.subject_name) == (str(film), NAME)
    assert (hidden.crop_track, hidden.usable_spans) == (plain.crop_track, plain.usable_spans)


def test_shards_need_no_key(clinic: Path, tmp_path: Path) -> None:
    moved = (clinic / "key").rename(tmp_path / "key")
    try:
        words = ("--spatial", "face", "--size-px", 32, "--workers", 1)
        assert call("shard", clinic / "out" / "6", "-o", tmp_path / "shards", *words) == 0
    finally:
        moved.rename(clinic / "key")
    ours, theirs = (sorted((out / "shards").glob("*.tar")) for out in (tmp_path / "shards", clinic / "out" / "7"))
    assert [tar.read_bytes() for tar in ours] == [tar.read_bytes() for tar in theirs]


def test_one_option_hides_all_steps_of_a_pipeline(clinic: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(clinic / "cache"))
    (clinic / "p.toml").write_text(
        f"""input = "{clinic}/Zyxwvut Quillfeather/films"
        [[step]]
        run = "trim"
        [[step]]
        run = "crop"
        subject = "{NAME}"
        min_face_px = 8
        """,
        encoding="utf-8",
    )
    words = ("run", clinic / "p.toml", "-o", clinic / "piped", "--workers", 1, "--pseudonymize")
    assert call(*words, clinic / "nokey") == 2
    assert call(*words, clinic / "key") == 0
    assert leaks(clinic / "piped") == []
    assert [row.subject_name for row in read_rows(clinic / "piped" / "02-crop" / "manifest.parquet")] == [
        Veil(clinic / "key").name(NAME)
    ]


def test_without_a_key_a_hidden_manifest_cannot_be_gone_on_with(
    clinic: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "1"
    shutil.copytree(clinic / "out" / "1", moved)
    (moved / PRIVATE).unlink()
    assert call("trim", moved, "-o", tmp_path / "2") == 2
    assert f"{PRIVATE}, which says where they lie, is not beside them" in capsys.readouterr().err


class Interrupted:
    """An engine that does one item and is stopped."""

    def map(self, work: object, items: list[object]) -> Iterator[object]:
        from vqaprep.engines import Done

        yield Done(0, work(items[0]))  # type: ignore[operator]
        raise KeyboardInterrupt


def test_an_interrupted_run_leaves_nothing_either_and_resumes(
    clinic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vqaprep.jobs import Common

    videos, out = clinic / "Zyxwvut Quillfeather" / "films", tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Common, "make_engine", lambda *_: Interrupted())
        assert call("scan", videos, "-o", out, "--pseudonymize", clinic / "key") == 130
    (done,) = Journal(out / "scan.journal.jsonl").finished().values()
    assert len(done) == 1
    assert leaks(out) == []
    assert call("scan", videos, "-o", out, "--pseudonymize", clinic / "key", "--workers", 1) == 0
    rows: list[Video] = read_rows(out / "manifest.parquet")
    assert rows[0].uri == read_rows(clinic / "out" / "1" / "manifest.parquet")[0].uri


def test_what_is_learned_of_hidden_shards_names_no_folder(clinic: Path, tmp_path: Path) -> None:
    """The folders are called after the patient; a run keeps digests of what it read."""
    shards, out = tmp_path / NAME / "shards", tmp_path / "out"
    assert call("speed", clinic / "out" / "2", "-o", tmp_path / "1", *CLIPS, "--pairs", "--workers", 1) == 0
    assert call("split", tmp_path / "1", "-o", tmp_path / "2", "--fractions", 1, 0, 0) == 0
    assert call("shard", tmp_path / "2", "-o", shards, "--spatial", "resize", "--size-px", 32, "--workers", 1) == 0
    how = ("--preset", "tiny", "--epochs", 1, "--batch", 2, "--loader-workers", 0, "--accelerator", "cpu")
    assert call("train", "speediness", shards, "-o", tmp_path / NAME / "run", *how) == 0
    run = tmp_path / NAME / "run"
    assert call("train", "speediness", shards, "-o", out / "1", "--init-from", run, *how) == 0
    assert call("evaluate", run, shards, "-o", tmp_path / NAME / "evaluation", "--split", "train") == 0
    assert call("compare", tmp_path / NAME / "evaluation", "-o", out / "2") == 0
    assert call("export", run, "-o", out / "3") == 0
    for folder in (out, run, tmp_path / NAME / "evaluation"):
        assert leaks(folder) == []
