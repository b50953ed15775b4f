"""A video is scored as its shards would be, within flat memory, and a bad one costs one row."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.clinic import leaks
from tests.evaluation.conftest import NUM_FRAMES, SIDE_PX, MakeRun
from tests.films import Frames, number_of, pictures, write_film
from tests.made import Inline
from tests.media.crafted_headers import HEADERS
from tests.test_pseudonyms import make_key
from vqaprep import jobs
from vqaprep.errors import InputError, MediaError, TooManyDrops, memory
from vqaprep.evaluation.cut import centre_fragments, cut
from vqaprep.evaluation.predict import predictions
from vqaprep.evaluation.score import clip_scores, sentence, summarize
from vqaprep.evaluation.trained import load_run
from vqaprep.jobs import Common, get_job
from vqaprep.media.decode import DecodedFrame, decode
from vqaprep.media.probe import probe
from vqaprep.report.gather import load
from vqaprep.report.learning import evaluation
from vqaprep.rows import Span, TrackPoint, Video
from vqaprep.rows.manifest import read_dropped, write_rows
from vqaprep.rows.pseudonyms import Veil
from vqaprep.shards.geometry import fragments as drawn_fragments
from vqaprep.shards.settings import ShardSettings

PLAIN: dict[str, Any] = {"scaling": "planes", "stored": ShardSettings(spatial="resize", size_px=SIDE_PX)}


class Middle(np.random.Generator):
    """A generator whose every integer lies in the middle of its range."""

    def integers(self, high: int, size: tuple[int, ...]) -> np.ndarray:  # type: ignore[override]  # what is called
        return np.full(size, high // 2)


@pytest.fixture
def inline(monkeypatch: pytest.MonkeyPatch) -> Inline:
    """Score in this process, which knows how to count."""
    made = Inline()
    monkeypatch.setattr(jobs.Common, "make_engine", lambda self, out: made)
    return made


def score(run: Path, out: Path, *videos: Path, key: Path | None = None) -> list[str]:
    job = get_job("score")
    settings = job.settings(videos=videos, pseudonymize=key)
    return job.run(run, out, settings, Common(workers=1, max_drop_rate=1.0))


def test_a_video_scores_as_its_shards_do(shards: Path, films: list[Video], make_run: MakeRun) -> None:
    trained = replace(load_run(make_run("ssl_v3")), **PLAIN)
    expected, shares = predictions(trained, shards, split="test", batch=4)
    found = pd.concat([clip_scores(trained, film, batch=1) for film in films[3:]], ignore_index=True)
    order = expected.sort_values(["video_id", "key"]).index
    ours = found.assign(video_id=[f.video_id for f in films[3:] for _ in range(2)]).sort_values(["video_id", "clip"])
    np.testing.assert_allclose(ours["quality"], expected["said_quality"][order], atol=1e-5)
    np.testing.assert_allclose(ours[["label=x", "label=y"]], shares["label"][order], atol=1e-5)


@pytest.mark.parametrize("crops", [1, 2])
def test_crops_of_a_video_are_those_of_its_shards(
    shards: Path, films: list[Video], make_run: MakeRun, crops: int
) -> None:
    trained = replace(load_run(make_run("action")), crop_px=16, **PLAIN)
    _, shares = predictions(trained, shards, split="test", batch=4, crops=crops)
    found = pd.concat([clip_scores(trained, film, crops=crops) for film in films[3:]], ignore_index=True)
    ours = found[["label=x", "label=y"]].sort_values("label=x").to_numpy()
    np.testing.assert_allclose(ours, shares["label"][shares["label"][:, 0].argsort()], atol=1e-5)


def test_pictures_that_training_did_not_scale_are_not_scaled(films: list[Video], make_run: MakeRun) -> None:
    trained = load_run(make_run("action"))
    native = replace(trained, crop_px=16, stored=ShardSettings(spatial="native"))
    (_, _, clip), *_ = cut(films[0], native)
    height, width = next(decode(films[0].uri)).rgb().shape[:2]
    top, left = (height - 15) // 2, (width - 15) // 2
    np.testing.assert_array_equal(clip[0, 0], next(decode(films[0].uri)).rgb()[top : top + 16, left : left + 16])
    larger = replace(native, crop_px=2 * height)
    (_, _, clip), *_ = cut(films[0], larger)
    assert clip.shape[-3:] == (2 * height, 2 * height, 3)


def test_clips_do_not_overlap_and_tell_their_time(films: list[Video], make_run: MakeRun) -> None:
    trained = load_run(make_run("dualpath_vqa"))
    once = [clip[:2] for clip in cut(films[0], trained)]
    np.testing.assert_allclose(once, [(0.0, 0.32), (0.32, 0.64)])
    ((start_s, end_s, clip),) = cut(films[0], trained, interval=2)
    assert (start_s, clip.shape) == (0.0, (1, NUM_FRAMES, SIDE_PX, SIDE_PX, 3)) and end_s == pytest.approx(0.64)


def test_clips_stay_inside_usable_spans(films: list[Video], make_run: MakeRun) -> None:
    spans = (Span(0.08, 0.40), Span(0.44, 0.72))  # eight frames, then seven
    found = list(cut(films[0].having(usable_spans=spans), load_run(make_run("dualpath_vqa"))))
    assert [clip[:2] for clip in found] == [pytest.approx((0.08, 0.40))]


def test_a_variable_rate_is_told_by_the_clock(folder: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    times_ms = [40 * i for i in range(6)] + [360, 400, 480, 520, 560, 600, 640, 840]
    row = probe(str(write_film(folder / "a.mkv", pictures(14), times_ms=times_ms)))
    assert row.is_vfr
    plain = DecodedFrame.rgb

    def counted_frame(frame: DecodedFrame) -> Frames:
        shown.append(number_of(plain(frame)))
        return plain(frame)

    monkeypatch.setattr(DecodedFrame, "rgb", counted_frame)
    assert len(list(cut(row, load_run(make_run("dualpath_vqa"))))) == 2
    # The last frame comes five steps after the one before it, which no frame is held for.
    assert shown[:16] == [0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 7, 7, 8, 9, 10, 11]


def test_no_clip_spans_a_gap_in_time(folder: Path, make_run: MakeRun) -> None:
    times_ms = [40 * i + 5000 * (i >= 13) for i in range(30)]
    row = probe(str(write_film(folder / "a.mkv", pictures(30), times_ms=times_ms)))
    found = [clip[:2] for clip in cut(row, load_run(make_run("dualpath_vqa")))]
    starts_s = row.start_s, row.start_s + 5.52, row.start_s + 5.84
    assert found == [pytest.approx((start_s, start_s + 0.32), abs=1e-3) for start_s in starts_s]


def test_a_crop_track_is_followed(films: list[Video], make_run: MakeRun) -> None:
    track = tuple(TrackPoint(t, 30 * t, 20, 40, 40, 1.0) for t in (0.0, 1.0))
    trained = load_run(make_run("dualpath_vqa"))
    (_, _, plain), *_ = cut(films[0], trained)
    (_, _, cropped), *_ = cut(films[0].having(crop_track=track), trained)
    assert cropped.shape == plain.shape and not np.array_equal(cropped, plain)


@pytest.mark.parametrize("size", [(224, 224), (300, 500), (64, 96)])
def test_fragments_lie_in_the_middle_of_their_cells(size: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3)).astype(np.uint8)
    expected = drawn_fragments(picture[None], Middle(np.random.PCG64()))[0]
    np.testing.assert_array_equal(centre_fragments(picture), expected)


def test_a_fragment_system_sees_a_mosaic(fragments: Path, films: list[Video], make_run: MakeRun) -> None:
    trained = load_run(make_run("ssl_vqa", on=fragments))
    assert trained.sees_fragments
    (_, _, clip), *_ = cut(films[2], trained)
    mosaic = centre_fragments(next(decode(films[2].uri)).rgb())
    np.testing.assert_array_equal(clip[0, 0], mosaic[96:128, 96:128])
    assert clip_scores(trained, films[2])["quality"].notna().all()


def test_the_worst_clip_is_named() -> None:
    clips = {"video": "a.mp4", "clip": [0, 1, 2], "start_s": [0.0, 0.5, 1.0], "quality": [3.0, 1.0, 2.0]}
    found = summarize(pd.DataFrame(clips | {"label=x": [0.2, 0.3, 0.1], "label=y": [0.8, 0.7, 0.9]}))
    assert (found["quality"], found["worst_clip"], found["worst_start_s"]) == (2.0, 1, 0.5)
    assert sentence(found) == "a.mp4: quality 2 ± 0.82 (worst 1 at 0.5 s), label y 0.80"


def test_a_bad_video_is_a_drop_and_the_others_are_scored(
    inline: Inline, folder: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    good, short = (write_film(folder / f"{n}.mp4", pictures(n)) for n in (20, 5))
    (folder / "bad.mp4").write_bytes(b"no video at all")
    run, out = make_run("ssl_v3"), tmp_path / "out"
    (line,) = score(run, out, folder)
    assert line.startswith(f"{good}: quality ") and "label" in line
    assert {drop.reason for drop in read_dropped(out / "dropped.parquet")} == {"unreadable", "too_short"}
    found = pd.read_csv(out / "scores.csv")
    assert list(found) == ["video", "clip", "start_s", "end_s", "label=x", "label=y", "quality"]
    assert list(found["clip"]) == [0, 1] and set(found["video"]) == {str(good)}
    assert [path.suffix for path in (out / "plots").iterdir()] == [".png"] and not (out / "parts").exists()
    assert score(run, out, folder) == [line] and short.exists()
    section = evaluation(load(out))
    assert section is not None
    table, gallery = section.blocks
    assert table.rows[0][0] == "20.mp4" and [plot.caption for plot in gallery.pictures] == ["20.mp4"]


def test_scores_can_hide_whose_they_are(inline: Inline, folder: Path, make_run: MakeRun, tmp_path: Path) -> None:
    key, out = make_key(tmp_path / "key"), tmp_path / "out"
    film = write_film(folder / "Quillfeather.mp4", pictures(20))
    (folder / "bad Quillfeather.mp4").write_bytes(b"no video at all")
    run = make_run("dualpath_vqa")
    (line,) = score(run, out, folder, key=key)
    assert line.startswith(Veil(key).video(str(film)))
    assert leaks(out) == []
    manifest = out / "manifest.parquet"
    assert score(run, tmp_path / "again", manifest)[0] == line
    with pytest.raises(InputError, match="run them apart"):
        score(run, tmp_path / "mixed", manifest, film)


def test_scoring_resumes_where_it_was_stopped(
    inline: Inline, folder: Path, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, out = make_run("dualpath_vqa"), tmp_path / "out"
    for number in (16, 17):
        write_film(folder / f"{number}.mp4", pictures(number))
    with monkeypatch.context() as patch:
        patch.setattr("vqaprep.evaluation.score.gather", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            score(run, out, folder)
    num_before = len(inline.worked)
    assert len(score(run, out, folder)) == 2
    assert len(inline.worked) == num_before
    assert len(pd.read_csv(out / "scores.csv")) == 4


def test_other_weights_are_another_input(inline: Inline, films: list[Video], make_run: MakeRun, tmp_path: Path) -> None:
    run, out = make_run("dualpath_vqa"), tmp_path / "out"
    score(run, out, Path(films[0].uri))
    other = make_run("ssl_v3", name="other")
    (run / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    (run / "meta.json").write_bytes((other / "meta.json").read_bytes())
    with pytest.raises(InputError, match="another input"):
        score(run, out, Path(films[0].uri))


def test_nothing_left_fails(inline: Inline, folder: Path, make_run: MakeRun, tmp_path: Path) -> None:
    write_film(folder / "short.mp4", pictures(5))
    with pytest.raises(TooManyDrops, match="too_short"):
        score(make_run("dualpath_vqa"), tmp_path / "out", folder)


def test_a_system_that_compares_is_refused(fragments: Path, make_run: MakeRun, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="reference"):
        score(make_run("st_vqrl", on=fragments), tmp_path / "out", tmp_path)


def test_a_manifest_is_scored_where_it_was_trimmed(
    inline: Inline, films: list[Video], make_run: MakeRun, tmp_path: Path
) -> None:
    run, manifest, out = make_run("dualpath_vqa"), tmp_path / "in.parquet", tmp_path / "out"
    write_rows(manifest, [films[0].having(keep_start_s=0.2, keep_end_s=0.6)])
    score(run, out, manifest, Path(films[1].uri))
    found = pd.read_csv(out / "scores.csv").groupby("video")["start_s"].apply(list).to_dict()
    assert found == {films[0].uri: [0.2], films[1].uri: [0.0, 0.32]}


def test_variants_that_exist_in_rows_only_are_refused(films: list[Video], make_run: MakeRun, tmp_path: Path) -> None:
    manifest = tmp_path / "in.parquet"
    write_rows(manifest, [films[0], films[0].having(distortion="jpeg", level=1)])
    with pytest.raises(InputError, match="distorted variant; score the manifest of scan"):
        score(make_run("dualpath_vqa"), tmp_path / "out", manifest)


@pytest.mark.parametrize("sees_fragments", [False, True])
def test_a_picture_that_is_enlarged_beyond_the_memory_is_too_large(folder: Path, sees_fragments: bool) -> None:
    (folder / "thin.y4m").write_bytes(HEADERS["4096x2.y4m"]())
    stored = ShardSettings(spatial="resize", size_px=2048)
    how = {"crop_px": 32, "sees_fragments": sees_fragments, "stored": stored, "scaling": "planes"}
    run: Any = SimpleNamespace(**how, kind=SimpleNamespace(num_frames=2))
    memory.limit(300)
    try:
        with pytest.raises(MediaError, match="too_large"):
            list(cut(probe(str(folder / "thin.y4m")), run))
    finally:
        memory.limit(memory.DEFAULT_MB)
