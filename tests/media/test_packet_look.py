"""Times of packets are those of the decoded frames, and rows made of them cost no wrong frame."""

from pathlib import Path

import numpy as np
import pytest

from tests.films import cut_without_decoding, pictures, write_film
from tests.media.test_stretch import damaged, drawn
from tests.shards.test_render import rendered
from vqaprep.detect.observations import Observations
from vqaprep.media.look import look
from vqaprep.media.packet_look import packet_look
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Video
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages.speed import Speed


def clips_of(video: Video) -> list[Clip]:
    stage, seen = Speed(look=False), Observations(packet_look(video))
    return [one for one in stage(video, seen, np.random.default_rng(0)) if isinstance(one, Clip)]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "cut.mp4", "gap.mkv"])
def test_packets_say_the_times_and_gaps_of_a_look(tmp_path: Path, name: str) -> None:
    times_ms = [40 * number + 2000 * (number > 30) for number in range(60)] if "gap" in name else None
    path = write_film(tmp_path / f"whole-{name}", pictures(60), times_ms=times_ms)
    path = cut_without_decoding(path, tmp_path / name, start_s=0.6) if name == "cut.mp4" else path
    video = probe(str(path))
    found, whole = packet_look(video), look(video)
    assert found is not None
    np.testing.assert_array_equal(found.times_s, whole.times_s)
    np.testing.assert_array_equal(found.breaks != 0, whole.breaks != 0)


def test_a_variable_rate_needs_a_look(tmp_path: Path) -> None:
    video = probe(
        str(write_film(tmp_path / "a.mp4", pictures(60), times_ms=[43 * n + 17 * (n % 3) for n in range(60)]))
    )
    assert video.is_vfr
    assert packet_look(video) is None


def test_labels_of_speed_need_a_look() -> None:
    with pytest.raises(ValueError, match="task 'pace' needs motion"):
        Speed(task="pace", look=False)


def test_a_damaged_frame_costs_the_clips_that_hold_it(tmp_path: Path) -> None:
    video = probe(str(damaged(tmp_path)))
    clips = clips_of(video)
    scenes = rendered(clips, ShardSettings(spatial="resize", size_px=32))
    lost = [drop for scene in scenes for drop in scene.dropped]
    assert 0 < len(lost) < len(clips)
    assert {drop.reason for drop in lost} == {"corrupt"}
    assert len(lost) + sum(len(scene.views) for scene in scenes) == len(clips)


def test_rows_that_name_other_frames_lose_their_clips(tmp_path: Path) -> None:
    video = probe(str(drawn(tmp_path / "a.mp4")))
    shifted = [clip.having(frames=tuple(number + 1 for number in clip.frames)) for clip in clips_of(video)]
    [first, *_] = rendered(shifted[:3], ShardSettings(spatial="resize", size_px=32))
    assert first.views == ()
    assert first.dropped[0].detail == "frame 1 is shown at 0.040 s, not at 0.000 s"
