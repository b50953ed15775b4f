"""Plans: who shares a tar with whom."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.shards.conftest import clips_of, straight_track
from vqaprep.errors import InputError
from vqaprep.rows import Clip, Video
from vqaprep.shards.plan import in_order, plan, store
from vqaprep.shards.scenes import Scene
from vqaprep.shards.settings import ShardSettings

NATIVE = ShardSettings(spatial="native")


def video(number: int, *, height_px: int = 64, width_px: int = 96, **columns: Any) -> Video:
    return Video(
        video_id=f"v{number:03d}", uri=f"/films/{number}.mp4", sha256="", num_bytes=1000, container="mp4",
        codec="h264", width_px=width_px, height_px=height_px, rate_fps=25.0, num_frames=500, duration_s=20.0,
    ).having(**columns)  # fmt: skip


def library(num_videos: int, num_scenes: int = 10, **columns: Any) -> list[Clip]:
    starts = range(0, 10 * num_scenes, 10)
    return [clip for i in range(num_videos) for clip in clips_of(video(i, **columns), starts=starts)]


def scenes_of(clips: list[Clip], settings: ShardSettings) -> list[Scene]:
    made = plan(clips, settings)
    return [scene for unit in made.units for source in unit.sources for scene in source.scenes]


def test_every_clip_has_exactly_one_place() -> None:
    clips = library(20)
    stored = [clip.clip_id for scene in scenes_of(clips, NATIVE) for clip in scene.clips]
    assert sorted(stored) == sorted(clip.clip_id for clip in clips)


def test_order_of_rows_changes_nothing() -> None:
    clips = library(20)
    assert plan(clips[::-1], NATIVE) == plan(clips, NATIVE)


def test_splits_never_share_a_tar() -> None:
    clips = [c for i in range(12) for c in clips_of(video(i, split=("train", "val", "test")[i % 3]))]
    splits: dict[int, set[str | None]] = {}
    for scene in scenes_of(clips, NATIVE):
        splits.setdefault(scene.shard, set()).add(scene.clips[0].split)
    assert len(splits) >= 3
    assert all(len(found) == 1 for found in splits.values())


def test_folds_share_tars_only_when_not_asked_for() -> None:
    clips = [c for i in range(8) for c in clips_of(video(i, fold=i % 2))]
    assert plan(clips, NATIVE.model_copy(update={"split_by": "fold"})).num_shards == 2
    assert plan(clips, NATIVE.model_copy(update={"split_by": "none"})).num_shards == 1


def test_tars_mix_their_sources_and_are_about_equal() -> None:
    settings = ShardSettings(spatial="native", max_shard_mb=1)
    clips = [c for i in range(3) for c in clips_of(video(i), starts=range(0, 40, 10))]
    clips += clips_of(video(3, height_px=360, width_px=640), starts=range(0, 40, 10))
    made = plan(clips, settings)
    for unit in made.units:
        sizes = [sum(scene.num_bytes for scene in unit.scenes(shard)) for shard in unit.shards]
        largest = max(scene.num_bytes for shard in unit.shards for scene in unit.scenes(shard))
        assert max(sizes) <= 1_000_000 + 4 * largest
        assert min(sizes) > 0
        if len(unit.sources) > 1:
            assert all(len({s.clips[0].video_id for s in unit.scenes(shard)}) > 1 for shard in unit.shards)


def test_a_source_larger_than_a_tar_spans_tars_in_frame_order() -> None:
    clips = clips_of(video(0, height_px=360, width_px=640), starts=range(0, 200, 10))
    unit = plan(clips, ShardSettings(spatial="native", max_shard_mb=10)).units[0]
    assert len(unit.shards) > 2
    assert all(a.shard <= b.shard for a, b in pairwise(unit.sources[0].scenes))


def test_numbers_of_tars_have_no_gap() -> None:
    made = plan(library(30), ShardSettings(spatial="native", max_shard_mb=1, sources_per_unit=4))
    assert [s for unit in made.units for s in unit.shards] == list(range(made.num_shards))


def test_seed_shuffles_sources_and_order_in_the_tar() -> None:
    clips = library(20)
    other = NATIVE.model_copy(update={"seed": 1})
    sources = [[s.video_id for u in plan(clips, x).units for s in u.sources] for x in (NATIVE, other)]
    assert sources[0] != sources[1]
    unit = plan(clips, NATIVE).units[0]
    keys = [[scene.key for scene in in_order(unit.scenes(0), seed)] for seed in (0, 0, 1)]
    assert keys[0] == keys[1] != keys[2]


def test_unsafe_scene_names_become_checksums() -> None:
    clips = [c.having(scene_id="../up.tar") for c in clips_of(video(0))]
    assert all(scene.key.isalnum() for scene in scenes_of(clips, NATIVE))


def test_measures_without_a_reference_are_refused() -> None:
    clips = clips_of(video(0), variants=(("none", 0), ("contrast", 1)))
    measuring = NATIVE.model_copy(update={"measure": ("psnr",)})
    assert len(scenes_of(clips, measuring)) == 1
    with pytest.raises(InputError, match="no reference to measure against"):
        plan(clips[1:], measuring)


def test_variants_with_other_frames_are_refused() -> None:
    good, bad = clips_of(video(0), variants=(("none", 0), ("contrast", 1)))
    with pytest.raises(InputError, match="do not share their frames"):
        plan([good, bad.having(frames=(1, 2, 3, 4))], NATIVE)


def test_one_variant_twice_is_refused() -> None:
    clips = clips_of(video(0))
    with pytest.raises(InputError, match="twice"):
        plan([*clips, clips[0].having(clip_id="again")], NATIVE)


def test_faces_need_a_track() -> None:
    with pytest.raises(InputError, match="vqaprep crop"):
        plan(library(1), ShardSettings())


def test_only_the_track_around_the_clip_travels() -> None:
    track = straight_track(video(0))
    points = tuple(p.__class__(t / 10, p.x_px, 20.0, 30.0, 30.0, 1.0) for t in range(200) for p in track[:1])
    clip = clips_of(video(0), starts=(100,), crop_track=points)[0]
    [scene] = scenes_of([clip], ShardSettings())
    kept = scene.clips[0].crop_track
    assert kept and len(kept) <= 4
    assert kept[0].t_s <= 100 / 25 and kept[-1].t_s >= 103 / 25


def test_clips_too_tall_for_a_jpeg_are_refused() -> None:
    clips = clips_of(video(0, height_px=2160, width_px=3840), num_frames=64)
    with pytest.raises(InputError, match="use --codec delta"):
        plan(clips, ShardSettings(spatial="native", codec="jpeg"))


def test_another_plan_in_the_folder_is_refused(tmp_path: Path) -> None:
    store(tmp_path, plan(library(2), NATIVE))
    store(tmp_path, plan([c.having(uri="/moved.mp4") for c in library(2)], NATIVE))
    with pytest.raises(InputError, match="other clips or settings"):
        store(tmp_path, plan(library(3), NATIVE))


def test_codecs_that_change_the_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="blurred"):
        ShardSettings.model_validate({"codec": "h264"})
