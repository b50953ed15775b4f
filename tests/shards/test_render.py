"""Pixels of the views, read back from films whose frames show their numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from tests import films
from tests.shards.conftest import Frames, clips_of, number_of, straight_track
from vqaprep.detect.observations import Observations
from vqaprep.distortions import SourceInfo, apply, get
from vqaprep.errors import MediaError
from vqaprep.media.decode import decode
from vqaprep.media.look import look
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, TrackPoint, Video
from vqaprep.shards.geometry import Region, finish
from vqaprep.shards.plan import plan
from vqaprep.shards.render import Rendered, render
from vqaprep.shards.settings import ShardSettings, Spatial
from vqaprep.shards.take import Take, takes_of
from vqaprep.speeds.labels import Rates
from vqaprep.stages.speed import Speed

NATIVE = ShardSettings(spatial="native")
SMALL = ShardSettings(spatial="resize", size_px=32)


def rendered(clips: list[Clip], settings: ShardSettings = NATIVE) -> list[Rendered]:
    [unit] = plan(clips, settings).units
    return [scene for source in unit.sources for scene in render(source, source.scenes, settings)]


def pixels(clips: list[Clip], settings: ShardSettings = NATIVE) -> dict[str, Frames]:
    return {f"{v.clip.clip_id}.{v.draw}": v.pixels for scene in rendered(clips, settings) for v in scene.views}


@pytest.mark.parametrize(("name", "is_vfr"), [("a.mp4", False), ("a.mkv", False), ("a.ts", False), ("v.mp4", True)])
def test_each_view_holds_exactly_its_frames(film: Callable[..., Video], name: str, is_vfr: bool) -> None:
    video = film(name, 40, is_vfr=is_vfr)
    assert video.num_frames == 40
    clips = clips_of(video, starts=(0, 3, 5, 20, 31), rates=Rates(1, 3, 2), roles=("query", "key"), num_frames=5)
    clips = [clip for clip in clips if max(clip.frames) < 40]
    found = {v.clip.clip_id: v for scene in rendered(clips) for v in scene.views}
    assert found.keys() == {clip.clip_id for clip in clips}
    for view in found.values():
        assert tuple(number_of(frame) for frame in view.pixels) == view.clip.frames


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize("start_s", [0.5, 0.96])
def test_views_of_a_cut_without_decoding_hold_the_frames_that_are_shown(
    tmp_path: Path, ending: str, start_s: float
) -> None:
    whole = films.write_film(tmp_path / f"whole.{ending}", films.pictures(60))
    path = films.cut_without_decoding(whole, tmp_path / f"cut.{ending}", start_s=start_s)
    video = probe(str(path))
    first = films.number_of(next(decode(video.uri)).rgb())
    clips = clips_of(video, starts=(0, 4, 13), rates=Rates(1, 3, 2), num_frames=5)
    for view in (view for scene in rendered(clips) for view in scene.views):
        shown = [films.number_of(frame) - first for frame in view.pixels]
        assert tuple(shown) == view.clip.frames, "an edit list hides frames, or the cut begins in an open group"


def test_variable_rate_labels_name_the_frames_that_were_due(tmp_path: Path) -> None:
    times_ms = [sum(80 if i % 5 == 0 else 40 for i in range(number)) for number in range(60)]
    film = films.write_film(tmp_path / "v.mp4", films.pictures(60), times_ms=times_ms)
    video = probe(str(film))
    assert video.is_vfr
    stage = Speed(task="pace", num_frames=8, clips=6, min_motion=0, max_still=1)
    found = stage(video, Observations(look=look(video)), np.random.default_rng(0))
    shown = [view for scene in rendered([c for c in found if isinstance(c, Clip)]) for view in scene.views]
    assert len(shown) == 6
    for view in shown:
        numbers = [films.number_of(frame) for frame in view.pixels]
        due_ms = [1000 * tick / video.rate_fps for tick in view.clip.ticks]
        assert numbers == list(view.clip.frames)
        assert numbers == [max(i for i in range(60) if times_ms[i] <= due + 1) for due in due_ms]


def test_a_codec_sees_the_frames_before_the_clip(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    frames = np.stack([frame.rgb() for frame in decode(video.uri)])
    [[view]] = [scene.views for scene in rendered(clips_of(video, starts=(20,), variants=[("h264_crf", 3)]))]
    lead, source = get("h264_crf").lead_in_frames, SourceInfo(video.rate_fps, None)
    longer, alone = (
        apply(frames[first:24], "h264_crf", 3, np.random.default_rng(0), source)[-4:] for first in (20 - lead, 20)
    )
    assert np.array_equal(view.pixels, longer)
    assert not np.array_equal(view.pixels, alone)


@pytest.mark.parametrize("distortion", [("gaussian_noise", 1), ("frame_interpolation", 1), ("h264_crf", 1)])
def test_distorted_views_hold_the_same_frames(film: Callable[..., Video], distortion: tuple[str, int]) -> None:
    clips = clips_of(film("a.mp4"), starts=(7,), rates=Rates(3, 1, 2), variants=(("none", 0), distortion))
    [scene] = rendered(clips)
    assert not scene.dropped
    numbers = [[number_of(frame) for frame in view.pixels] for view in scene.views]
    assert tuple(numbers[0]) == clips[0].frames
    if distortion[0] != "frame_interpolation":  # an interpolated frame lies between two numbers
        assert numbers[1] == numbers[0]


def test_native_views_are_the_decoders_own_frames(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    frames = [frame.rgb() for frame in decode(video.uri)]
    for scene in rendered(clips_of(video, starts=(0, 2, 9))):
        [view] = scene.views
        assert np.array_equal(view.pixels, np.stack([frames[i] for i in view.clip.frames]))


def test_restarted_clips_go_back_to_their_first_frames(film: Callable[..., Video]) -> None:
    [clip] = clips_of(film("a.mp4", 20))
    again = clip.having(frames=(10, 14, 18, 0), ticks=(10, 14, 18, 0), times_s=(0.4, 0.56, 0.72, 0.0))
    assert [number_of(frame) for frame in next(iter(pixels([again]).values()))] == [10, 14, 18, 0]


def test_face_views_follow_the_track(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    settings = ShardSettings(spatial="face", size_px=30)
    clips = clips_of(video, rates=Rates(9, 9), crop_track=straight_track(video))
    [view] = rendered(clips, settings)[0].views
    frames = [frame.rgb() for frame in decode(video.uri)]
    for shown, index, box in zip(view.pixels, view.clip.frames, view.region.boxes or (), strict=True):
        left, top, right, bottom = box
        assert np.array_equal(shown, frames[index][top:bottom, left:right])


@pytest.mark.parametrize("distortion", [("gaussian_blur", 3), ("jpeg", 4), ("h264_crf", 3)])
def test_distortions_act_before_the_picture_is_resized(film: Callable[..., Video], distortion: tuple[str, int]) -> None:
    clips = clips_of(film("a.mp4"), starts=(9,), variants=[distortion])
    [whole], [small] = (list(pixels(clips, how).values()) for how in (NATIVE, SMALL))
    assert np.array_equal(small, finish(whole, Region((0, 0, 96, 64), None), SMALL, rng=np.random.default_rng(0)))


def test_a_view_does_not_depend_on_which_other_variants_there_are(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    track = (TrackPoint(0.0, 40, 30, 16, 16, 1.0),)
    alone, among = (
        clips_of(video, starts=(9,), variants=variants, crop_track=track)
        for variants in ([("h264_crf", 2)], [("none", 0), ("h264_crf", 2), ("pyramid", 3), ("frame_interpolation", 1)])
    )
    settings = ShardSettings(spatial="face", size_px=16)
    [(name, shown)] = pixels(alone, settings).items()
    assert np.array_equal(pixels(among, settings)[name], shown)


def test_all_versions_share_the_places_of_their_fragments(film: Callable[..., Video]) -> None:
    settings = ShardSettings(spatial="fragments", fragment_draws=2)
    [scene] = rendered(clips_of(film("a.mp4"), variants=(("none", 0), ("contrast", 1))), settings)
    shown = {(view.clip.distortion, view.draw): view.pixels for view in scene.views}
    assert len(shown) == 4
    assert not np.array_equal(shown["none", 0], shown["none", 1])
    for draw in (0, 1):
        pairs = np.stack([shown["none", draw].ravel(), shown["contrast", draw].ravel()], axis=1).astype(int)
        same_grey = [np.ptp(pairs[pairs[:, 0] == grey, 1]) for grey in np.unique(pairs[:, 0])]
        assert np.median(same_grey) <= 8, "a point operation maps equal pixels alike only at equal places"


def test_noise_does_not_depend_on_other_scenes(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    together = pixels(clips_of(video, starts=(0, 2, 9), variants=(("gaussian_noise", 1),)))
    alone = pixels(clips_of(video, starts=(9,), variants=(("gaussian_noise", 1),)))
    assert alone.items() and all(np.array_equal(together[name], shown) for name, shown in alone.items())


def test_query_and_key_do_not_share_their_noise(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    clips = clips_of(video, variants=(("none", 0), ("gaussian_noise", 1)), roles=("query", "key"))
    shown = list(pixels(clips).values())
    noise = [shown[1].astype(int) - shown[0], shown[3].astype(int) - shown[2]]
    assert not np.array_equal(noise[0], noise[1])


def test_a_film_that_ends_early_costs_what_follows(film: Callable[..., Video]) -> None:
    clips = clips_of(film("a.mp4", 30), starts=(5, 40), num_frames=4)
    [unit] = plan(clips, NATIVE).units
    stream = render(unit.sources[0], unit.sources[0].scenes, NATIVE)
    assert next(stream).scene.clips[0].frames[0] == 5
    with pytest.raises(MediaError, match="truncated"):
        next(stream)


def test_a_picture_of_other_proportions_is_refused(film: Callable[..., Video]) -> None:
    with pytest.raises(MediaError, match="unsupported"):
        rendered([clip.having(width_px=198) for clip in clips_of(film("a.mp4"))])


def test_a_picture_of_another_size_is_scaled_to_that_of_its_video(film: Callable[..., Video]) -> None:
    shown = pixels([clip.having(width_px=192, height_px=128) for clip in clips_of(film("a.mp4"))])
    assert {frames.shape[1:] for frames in shown.values()} == {(128, 192, 3)}


@pytest.fixture
def takes(monkeypatch: pytest.MonkeyPatch) -> list[Take]:
    """Every take that is made."""
    made: list[Take] = []

    def spying(clips: Sequence[Clip], settings: ShardSettings) -> list[Take]:
        new = takes_of(clips, settings)
        made.extend(new)
        return new

    monkeypatch.setattr("vqaprep.shards.footprint.takes_of", spying)
    return made


@pytest.mark.parametrize("variant", [("none", 0), ("gaussian_blur", 1)])
def test_only_open_scenes_hold_frames(film: Callable[..., Video], takes: list[Take], variant: tuple[str, int]) -> None:
    [unit] = plan(clips_of(film("a.mp4"), starts=range(0, 36, 4), variants=[variant]), NATIVE).units
    source = unit.sources[0]
    for scene in render(source, source.scenes, NATIVE):
        for take in takes:
            is_over = take.clips[0].scene_id <= scene.scene.clips[0].scene_id
            shown = [frame for one in take.plain.values() for draw in one.shown for frame in draw]
            assert not take.kept
            assert is_over or not sum(frame.size for frame in shown)


def test_clips_that_overlap_hold_each_frame_once(film: Callable[..., Video], takes: list[Take]) -> None:
    variants = [("none", 0), ("gaussian_blur", 1)]
    clips = clips_of(film("a.mp4"), starts=range(12), variants=variants, roles=("query", "key"), num_frames=16)
    [unit] = plan(clips, NATIVE).units
    source = unit.sources[0]
    stream = render(source, source.scenes, NATIVE)
    next(stream)  # 16 frames came, and eleven scenes wait for more
    arrays = dict[int, int]()
    for take in takes[2:]:
        shown = [frame for one in take.plain.values() for frame in one.shown[0] if frame.size]
        arrays |= {frame.__array_interface__["data"][0]: frame.nbytes for frame in (*take.kept.values(), *shown)}
    assert len(takes) == 24
    assert len(arrays) <= 16


@pytest.mark.parametrize("spatial", ["resize", "center", "face", "fragments"])
def test_plain_clips_hold_no_picture_at_full_size(
    film: Callable[..., Video], takes: list[Take], spatial: Spatial
) -> None:
    video = film("a.mp4")
    track = straight_track(video)
    settings = ShardSettings(spatial=spatial, size_px=30)
    [unit] = plan(clips_of(video, starts=range(8), crop_track=track, num_frames=16), settings).units
    source = unit.sources[0]
    for _ in render(source, source.scenes, settings):
        for take in takes:
            shown = [frame for one in take.plain.values() for draw in one.shown for frame in draw if frame.size]
            assert not take.kept
            assert all(frame.base is None or frame.base.nbytes <= frame.nbytes for frame in shown)
