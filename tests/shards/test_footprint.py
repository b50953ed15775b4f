"""What is predicted of memory holds, what does not fit is refused with numbers, and no byte depends on the limit."""

import re
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import films
from tests.made import Inline
from tests.made import clip as made_clip
from tests.shards.conftest import Frames, clips_of, straight_track
from vqaprep.distortions import SourceInfo, apply
from vqaprep.errors import MediaError, memory
from vqaprep.media import decode as decoding
from vqaprep.media import stretch
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Dropped, Video
from vqaprep.settings.seeds import rng_for
from vqaprep.shards.footprint import fitted, held_bytes
from vqaprep.shards.make import make_shards
from vqaprep.shards.plan import plan
from vqaprep.shards.render import render
from vqaprep.shards.scenes import Scene
from vqaprep.shards.settings import ShardSettings, Spatial

VARIANTS = (("none", 0), ("gaussian_blur", 1), ("gaussian_noise", 2))


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Leave so many bytes to the pictures of a video."""

    def leave(num_bytes: float) -> None:
        monkeypatch.setattr(memory, "_limit_mb", memory.PROGRAM_MB + num_bytes / 1e6)

    return leave


def scenes_of(clips: Sequence[Clip], settings: ShardSettings) -> Sequence[Scene]:
    [unit] = plan(clips, settings).units
    return unit.sources[0].scenes


def largest_alone(clips: Sequence[Clip], settings: ShardSettings) -> int:
    """Return the bytes of the scene that takes most alone."""
    return max(held_bytes([scene], settings)[1] for scene in scenes_of(clips, settings))


@pytest.fixture
def num_decodes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were opened to be rendered."""
    opened: list[str] = []

    def spying(uri: str, **how: Any) -> Any:
        opened.append(uri)
        return decoding.decode(uri, **how)

    monkeypatch.setattr(stretch, "decode", spying)
    return opened


def pixels(clips: Sequence[Clip], settings: ShardSettings) -> dict[str, Frames | Dropped]:
    [unit] = plan(clips, settings).units
    [source] = unit.sources
    scenes = list(render(source, source.scenes, settings))
    views = {f"{v.clip.clip_id}.{v.draw}": v.pixels for scene in scenes for v in scene.views}
    return views | {drop.id: drop for scene in scenes for drop in scene.dropped}


@pytest.mark.parametrize("spatial", ["native", "resize", "face", "fragments"])
def test_several_passes_give_the_same_pixels(
    film: Callable[..., Video], limited: Callable[[float], None], num_decodes: list[str], spatial: Spatial
) -> None:
    video = film("a.mp4", 60)
    settings = ShardSettings(spatial=spatial, size_px=30)
    how: dict[str, Any] = {"variants": VARIANTS, "roles": ("query", "key"), "num_frames": 16}
    clips = clips_of(video, starts=range(0, 42, 3), crop_track=straight_track(video), **how)
    whole = pixels(clips, settings)
    assert len(num_decodes) == 1
    limited(1.1 * largest_alone(clips, settings))
    parts = pixels(clips, settings)
    assert len(num_decodes) > 1
    assert whole.keys() == parts.keys()
    assert all(np.array_equal(np.asarray(whole[name]), np.asarray(parts[name])) for name in whole)


def test_clips_that_do_not_fit_alone_are_refused_with_numbers(
    film: Callable[..., Video], limited: Callable[[float], None]
) -> None:
    settings = ShardSettings(spatial="resize", size_px=32)
    variants = [("none", 0), ("gaussian_blur", 1), ("h264_crf", 1)]
    clips = clips_of(film("a.mp4"), starts=(0, 20), variants=variants, num_frames=8)
    limited(1.01 * largest_alone([clip for clip in clips if clip.distortion != "h264_crf"], settings))
    shown = pixels(clips, settings)
    lost = [one for one in shown.values() if isinstance(one, Dropped)]
    assert [one.id for one in lost] == [clip.id for clip in clips if clip.distortion == "h264_crf"]
    assert {one.reason for one in lost} == {"too_large"}
    words = r"rendering h264_crf-1 at 96x64 px with its scene needs about 20\d MB; --max-memory-mb allows 20[01]\.\d+"
    assert re.fullmatch(words, lost[0].detail)
    assert len(shown) == len(clips)


def test_a_whole_scene_that_does_not_fit_is_refused_without_decoding(
    film: Callable[..., Video], limited: Callable[[float], None], num_decodes: list[str]
) -> None:
    settings = ShardSettings(spatial="native")
    clips = [clip.having(width_px=9000, height_px=9000) for clip in clips_of(film("a.mp4"), num_frames=16)]
    [lost] = pixels(clips, settings).values()
    assert isinstance(lost, Dropped)
    assert lost.reason == "too_large"
    assert num_decodes == []


def test_videos_that_do_not_fit_together_wait_closed(
    film: Callable[..., Video], limited: Callable[[float], None], num_decodes: list[str], tmp_path: Path
) -> None:
    settings = ShardSettings(spatial="native", max_shard_mb=10)  # two films a unit, in two tars
    movies = [film(f"{i}.mp4", 60, seed=i) for i in range(2)]
    starts = range(0, 40, 5)
    clips = [c for movie in movies for c in clips_of(movie, starts=starts, variants=VARIANTS, num_frames=16)]
    alone_bytes = held_bytes(scenes_of(clips[: len(clips) // 2], settings), settings)[1]
    contents = []
    for name, room in (("wide", 2e9), ("tight", 1.1 * alone_bytes)):
        limited(room)
        num_decodes.clear()
        (tmp_path / name).mkdir()
        assert make_shards(clips, tmp_path / name, settings, Inline(), lambda _num, _lost: None) == []
        contents.append({path.name: path.read_bytes() for path in (tmp_path / name / "shards").iterdir()})
        assert len(num_decodes) == {"wide": 2, "tight": 4}[name]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4


@pytest.mark.parametrize("size_px", [(96, 64), (1920, 1080), (3840, 2160), (12_000, 12_000)])
def test_usual_pictures_can_be_decoded(size_px: tuple[int, int]) -> None:
    memory.check_picture(*size_px)


def test_a_picture_that_no_worker_could_hold_is_refused() -> None:
    with pytest.raises(
        MediaError, match="too_large: decoding 16384x16384 px needs about 2,883 MB; --max-memory-mb allows 2,000"
    ):
        memory.check_picture(16384, 16384)


WIDTH_PX, HEIGHT_PX = 640, 352


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spatial", "variants"),
    [
        ("native", [("none", 0)]),
        ("resize", [("none", 0), ("gaussian_noise", 1)]),
        ("resize", [("h264_crf", 2)]),
        ("native", [("frame_interpolation", 2)]),
    ],
)
def test_rendering_takes_no_more_than_predicted(
    tmp_path: Path, spatial: Spatial, variants: list[tuple[str, int]]
) -> None:
    tiles = (HEIGHT_PX // 64 + 1, WIDTH_PX // 96 + 1, 1)
    shown = [np.tile(frame, tiles)[:HEIGHT_PX, :WIDTH_PX].copy() for frame in films.pictures(40)]
    video = probe(str(films.write_film(tmp_path / "a.mp4", shown)))
    settings = ShardSettings(spatial=spatial, size_px=64)
    clips = clips_of(video, starts=(0, 4, 8), variants=variants, roles=("query", "key"), num_frames=16)
    ours, theirs = get_context("spawn").Pipe()
    child = get_context("spawn").Process(target=_measured, args=(clips, settings, theirs))
    child.start()
    taken_mb, predicted_mb = ours.recv()
    child.join()
    assert taken_mb < predicted_mb + 25  # buffers of codecs that no picture size explains
    assert predicted_mb < 4 * taken_mb + 50


def _measured(clips: list[Clip], settings: ShardSettings, pipe: Any) -> None:
    """Send how much the peak of this process grew, and what was predicted, in MB."""
    for clip in clips[:2]:  # load the code
        apply(np.zeros((4, 64, 64, 3), np.uint8), clip.distortion, clip.level, rng_for(0), SourceInfo(25, 0.1))
    scenes = scenes_of(clips, settings)
    start_kb = _peak_kb()
    for _ in render(plan(clips, settings).units[0].sources[0], scenes, settings):
        pass
    pipe.send(((_peak_kb() - start_kb) / 1e3, held_bytes(scenes, settings)[1] / 1e6))


def _peak_kb() -> int:
    """Return the most that this process held since it began; `getrusage` counts its parent, too."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1])


def test_a_thin_picture_that_fragments_enlarge_is_counted(
    film: Callable[..., Video], limited: Callable[[float], None]
) -> None:
    """A picture of 16,384 x 4 px becomes 918,000 x 224 px."""
    thin = [clip.having(width_px=16_384, height_px=4) for clip in clips_of(film("a.mp4"))]
    settings = ShardSettings(spatial="fragments")
    assert largest_alone(thin, settings) > 3 * 224 * 16_384 * 56
    limited(500e6)
    [fit] = [fitted(scene, settings) for scene in scenes_of(thin, settings)][:1]
    assert fit.takes == () and all("needs about" in why for why in fit.refused.values())


IN_2_GB = ("brightness", "contrast", "flicker", "frame_freeze", "gaussian_blur", "gaussian_noise", "jpeg", "mpeg2")


@pytest.mark.parametrize("kind", IN_2_GB)
def test_a_distorted_clip_of_whole_4k_pictures_fits_into_2_gb(kind: str) -> None:
    frames = tuple(range(40, 56))
    times_s = tuple(n / 25 for n in frames)
    wide = made_clip(
        distortion=kind, level=1, frames=frames, ticks=frames, times_s=times_s, width_px=3840, height_px=2160
    )
    settings = ShardSettings(spatial="resize", size_px=224)
    [scene] = scenes_of([wide], settings)
    assert fitted(scene, settings).refused == {}
