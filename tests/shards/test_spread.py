"""A unit is split where its videos can be entered at a key frame, and no byte depends on that."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import films
from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.media import stretch
from vqaprep.media.decode import decode
from vqaprep.media.probe import probe
from vqaprep.rows import Clip, Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.plan import plan
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.spread import parts

NUM_FRAMES = 900
CLOSED = {"x264-params": "keyint=20:min-keyint=20:scenecut=0:bframes=2:crf=30", "preset": "ultrafast"}
OPEN = {"x264-params": "open-gop=1:keyint=20:min-keyint=20:scenecut=0:bframes=2:crf=30", "preset": "ultrafast"}
SETTINGS = ShardSettings(spatial="native", max_shard_mb=2)


def film(folder: Path, name: str, options: dict[str, str]) -> Video:
    path = films.write_film(folder / name, films.pictures(NUM_FRAMES), options=options)
    return probe(str(path))


def clips(video: Video) -> list[Clip]:
    return clips_of(video, starts=range(0, NUM_FRAMES - 20, 16), variants=[("none", 0), ("h264", 1)], num_frames=16)


def made(wanted: Sequence[Clip], folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, bytes], list[int]]:
    """Return the tars, and how many frames each decode from the start gave."""
    num_given: list[int] = []

    def counting(uri: str, **how: Any) -> Any:
        num_given.append(0)
        for frame in decode(uri, **how):
            num_given[-1] += 1
            yield frame

    monkeypatch.setattr(stretch, "decode", counting)
    folder.mkdir()
    assert make_shards(wanted, folder, SETTINGS, Inline(), lambda _num, _lost: None) == []
    return {path.name: path.read_bytes() for path in (folder / "shards").iterdir()}, num_given


def test_a_long_video_is_several_jobs_of_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = clips(film(tmp_path, "a.mp4", CLOSED))
    [unit] = plan(wanted, SETTINGS).units
    jobs = parts(unit, unit.shards)
    assert len(jobs) > 2
    assert [shard for job in jobs for shard in job.shards] == list(unit.shards)
    scenes = [scene.key for job in jobs for source in job.sources for scene in source.scenes]
    assert scenes == [scene.key for source in unit.sources for scene in source.scenes]
    spread, num_given = made(wanted, tmp_path / "spread", monkeypatch)
    assert len(num_given) == 1, "only the first job begins at the start"
    monkeypatch.setattr("vqaprep.shards.make.parts", lambda unit, shards: [unit])
    assert made(wanted, tmp_path / "whole", monkeypatch)[0] == spread


def test_a_video_without_a_proved_entry_stays_one_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = clips(film(tmp_path, "a.mp4", OPEN))
    _, num_given = made(wanted, tmp_path / "out", monkeypatch)
    assert len(num_given) == 1


def test_small_folders_have_small_tars(tmp_path: Path) -> None:
    video = film(tmp_path, "a.mp4", CLOSED)
    one = clips(video)
    large = [
        clip.having(clip_id=f"{i}-{clip.clip_id}", scene_id=f"{i}-{clip.scene_id}") for i in range(5) for clip in one
    ]
    settings = ShardSettings(spatial="native")
    made_small, made_large = plan(one, settings), plan(large, settings)
    assert made_small.num_shards == -(-made_small.num_bytes // 8_000_000)
    assert made_large.num_shards >= made_small.num_shards
