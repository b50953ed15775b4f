"""Whole shard folders: the same bytes however they come about, and no clip lost."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset

from tests.made import Inline
from tests.shards.conftest import clips_of, straight_track
from vqaprep import measures
from vqaprep.engines import Done, Failed, Limits
from vqaprep.engines.local import LocalEngine
from vqaprep.errors import InputError, MediaError, VqaprepError
from vqaprep.media import decode as media
from vqaprep.media import stretch
from vqaprep.rows import Clip, Dropped, Video, manifest
from vqaprep.shards import write
from vqaprep.shards.make import make_shards
from vqaprep.shards.read import ShardReader
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.verify import verify

SETTINGS = ShardSettings(spatial="native", max_shard_mb=1, sources_per_unit=2)
VARIANTS = (("none", 0), ("gaussian_noise", 1), ("gaussian_blur", 2))
Films = Callable[..., Video]


def library(film: Films, num_videos: int = 4, num_frames: int = 40) -> list[Clip]:
    videos = [film(f"{i}.mp4", num_frames, seed=i) for i in range(num_videos)]
    return [
        clip
        for i, video in enumerate(videos)
        for clip in clips_of(
            video, starts=range(0, num_frames - 4, 6), variants=VARIANTS, split=("train", "val")[i == 0]
        )
    ]


def make(clips: Sequence[Clip], out: Path, engine: Any = None, settings: ShardSettings = SETTINGS) -> list[Dropped]:
    out.mkdir(exist_ok=True)
    return make_shards(clips, out, settings, engine or Inline(), lambda _clips, _dropped: None)


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def stored_views(out: Path) -> int:
    reader = ShardReader(out)
    return sum(len(reader[i].views) for i in range(len(reader)))


def test_workers_do_not_change_a_byte(film: Films, tmp_path: Path) -> None:
    clips = library(film)
    make(clips, tmp_path / "here")
    make(clips[::-1], tmp_path / "two", LocalEngine(workers=2, limits=Limits()))
    assert content(tmp_path / "two") == content(tmp_path / "here")
    assert len(content(tmp_path / "here")) > 8, "two splits, two units each or several tars"


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from tests.made import Inline
from vqaprep.rows.manifest import read_rows
from vqaprep.shards import write
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings

left, put = int(sys.argv[3]), write._Hashing.write

def put_or_die(*args):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    put(*args)

write._Hashing.write = put_or_die
settings = ShardSettings(spatial="native", max_shard_mb=1, sources_per_unit=2)
make_shards(read_rows(Path(sys.argv[1])), Path(sys.argv[2]), settings, Inline(), lambda n, dropped: None)
"""


def test_a_killed_run_resumes_to_the_same_bytes(film: Films, tmp_path: Path) -> None:
    clips = library(film)
    manifest.write_rows(tmp_path / "clips.parquet", clips)
    make(clips, tmp_path / "whole")
    out = tmp_path / "killed"
    out.mkdir()
    moments = np.random.default_rng(7).integers(1, 90, 3).tolist()
    for moment in moments:
        script = [sys.executable, "-c", _KILLED, str(tmp_path / "clips.parquet"), str(out), str(moment)]
        died = subprocess.run([*script, str(Path(__file__).parent)], check=False)
        assert died.returncode == -signal.SIGKILL
        assert not (out / "index.parquet").exists()
    settled: list[int] = []
    make_shards(clips, out, SETTINGS, Inline(), lambda num_clips, _: settled.append(num_clips))
    assert content(out) == content(tmp_path / "whole")
    assert sum(settled) == len(clips)


def test_a_finished_folder_is_left_alone(film: Films, tmp_path: Path) -> None:
    clips = library(film, 2)
    make(clips, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.tar")}

    class Idle:
        def map(self, _work: Any, items: Sequence[Any]) -> Iterator[Done | Failed]:
            raise AssertionError(f"asked to do {len(items)} units again")

    make(clips, tmp_path / "out", Idle())
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.tar")} == before


def test_other_settings_on_the_same_folder_are_refused(film: Films, tmp_path: Path) -> None:
    clips = library(film, 1)
    make(clips, tmp_path / "out")
    with pytest.raises(InputError, match="--force"):
        make(clips, tmp_path / "out", settings=SETTINGS.model_copy(update={"seed": 1}))


def test_stock_webdataset_reads_the_same_arrays(film: Films, tmp_path: Path) -> None:
    make(library(film), tmp_path / "out")
    tars = sorted(str(path) for path in (tmp_path / "out" / "shards").glob("*.tar"))
    stock = {s["__key__"]: s for s in webdataset.WebDataset(tars, shardshuffle=False).decode()}
    reader = ShardReader(tmp_path / "out")
    assert len(stock) == len(reader)
    for sample in (reader[i] for i in range(len(reader))):
        other = stock[sample.key]
        for place, view in enumerate(other["json"]["views"]):
            view["place"] = place  # what our reader adds
        assert other["json"] == sample.labels
        assert {name for name in other if name.endswith("npy")} == {f"{name}.npy" for name in sample.views}
        assert all(np.array_equal(other[f"{name}.npy"], shown) for name, shown in sample.views.items())


def test_damage_in_the_middle_costs_only_what_follows_it(film: Films, tmp_path: Path) -> None:
    clips = library(film, 3, 120)
    victim = Path(clips[0].uri)
    data = bytearray(victim.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = np.random.default_rng(0).bytes(400)
    victim.write_bytes(data)
    held = {"sha256": sha256(data).hexdigest()}  # as if it had been damaged before it was scanned
    clips = [clip.having(**held) if clip.uri == str(victim) else clip for clip in clips]
    dropped = make(clips, tmp_path / "out")
    lost = {row.id for row in dropped}
    assert lost and lost < {clip.id for clip in clips if clip.uri == str(victim)}
    assert {row.reason for row in dropped} <= {"corrupt", "truncated"}
    assert all(row.detail for row in dropped)
    assert stored_views(tmp_path / "out") + len(dropped) == len(clips)
    assert verify(tmp_path / "out", labels=True) == []


def test_a_tar_that_a_power_cut_emptied_is_made_again(film: Films, tmp_path: Path) -> None:
    clips = library(film, 3)
    make(clips, tmp_path)
    tars = sorted((tmp_path / "shards").glob("*.tar"))
    before = [tar.read_bytes() for tar in tars]
    tars[-1].write_bytes(bytes(len(before[-1])))
    make(clips, tmp_path)
    assert [tar.read_bytes() for tar in tars] == before
    assert verify(tmp_path, labels=True) == []


def test_the_clips_of_a_film_that_is_away_are_made_when_it_is_back(film: Films, tmp_path: Path) -> None:
    clips = library(film, 3)
    away = Path(clips[0].uri)
    away.rename(tmp_path / "elsewhere")
    dropped = make(clips, tmp_path / "out")
    assert {row.id for row in dropped} == {clip.id for clip in clips if clip.uri == clips[0].uri}
    assert {row.reason for row in dropped} == {"away"}
    assert not (tmp_path / "out" / "index.parquet").exists()
    (tmp_path / "elsewhere").rename(away)
    assert make(clips, tmp_path / "out") == []
    make(clips, tmp_path / "whole")
    assert content(tmp_path / "out") == content(tmp_path / "whole")


class _Dies(BaseException):
    """What a native crash looks like to the mortal engine."""


class Mortal:
    """An engine whose workers can die."""

    def map(self, work: Callable[[Any], Any], items: Sequence[Any]) -> Iterator[Done | Failed]:
        for i, item in enumerate(items):
            try:
                yield Done(i, work(item))
            except _Dies:
                yield Failed(i, "crashed", "exit code -11")


@pytest.mark.parametrize("deadly_frame", [0, 30])
def test_a_crash_is_laid_on_its_own_film(
    film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deadly_frame: int
) -> None:
    clips = library(film)
    sound, decode = tmp_path / "sound", media.decode
    make(clips, sound)
    victim = clips[-1].uri

    def deadly(uri: str, **options: Any) -> Iterator[Any]:
        for frame in decode(uri, **options):
            if uri == victim and frame.index == deadly_frame:
                raise _Dies
            yield frame

    monkeypatch.setattr(stretch, "decode", deadly)
    dropped = make(clips, tmp_path / "out", Mortal())
    assert {row.id for row in dropped} <= {clip.id for clip in clips if clip.uri == victim}
    assert {(row.reason, row.detail) for row in dropped} == {("crashed", "exit code -11")}
    assert stored_views(tmp_path / "out") + len(dropped) == len(clips)
    reader, whole = ShardReader(tmp_path / "out"), ShardReader(sound)
    keys = whole.column("key")
    for sample in (reader[i] for i in range(len(reader))):
        same = whole[keys.index(sample.key)]
        assert all(np.array_equal(same.views[name], shown) for name, shown in sample.views.items())
    assert not list((tmp_path / "out" / "shards").glob("*.at"))


def test_workers_that_die_whatever_they_do_end_the_run(film: Films, tmp_path: Path) -> None:
    class Dead:
        def map(self, _work: Any, items: Sequence[Any]) -> Iterator[Done | Failed]:
            yield from (Failed(i, "crashed", "exit code 1") for i in range(len(items)))

    with pytest.raises(VqaprepError, match="exit code 1"):
        make(library(film, 2), tmp_path / "out", Dead())


def test_a_crash_in_writing_is_not_laid_on_a_film_for_ever(
    film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise _Dies

    monkeypatch.setattr("vqaprep.shards.unit.write_shard", die)
    with pytest.raises(VqaprepError, match="exit code -11"):
        make(library(film, 2), tmp_path / "out", Mortal())


def test_a_full_disk_keeps_what_is_done_and_resumes(
    film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = library(film)
    make(clips, tmp_path / "whole")
    free = [sum(map(len, content(tmp_path / "whole").values())) // 2]
    original = write._Hashing.write

    def limited(file: write._Hashing, data: bytes) -> None:
        free[0] -= len(data)
        if free[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        original(file, data)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(write._Hashing, "write", limited)
        with pytest.raises(VqaprepError, match="same command again"):
            make(clips, out)
    names = {path.name for path in (out / "shards").iterdir()}
    assert {name.replace(".tar", "") for name in names if name.endswith(".tar")} == {
        name.replace(".json", "") for name in names if name.endswith(".json")
    }
    assert any(name.endswith(".tar") for name in names) and not any(name.endswith(".tmp") for name in names)
    make(clips, out)
    assert content(out) == content(tmp_path / "whole")


def test_shards_carry_no_source_unless_asked(film: Films, tmp_path: Path) -> None:
    clips = [c.having(subject_name="Ann Onymous") for c in library(film, 1)]
    make(clips, tmp_path / "out")
    make(clips, tmp_path / "open", settings=SETTINGS.model_copy(update={"include_source": True}))
    hidden = b"".join(data for name, data in content(tmp_path / "out").items())
    assert b"Ann Onymous" not in hidden and clips[0].uri.encode() not in hidden
    assert ShardReader(tmp_path / "open")[0].labels["source"]["uri"] == clips[0].uri


def test_jpeg_says_what_it_costs(film: Films, tmp_path: Path) -> None:
    make(library(film, 1), tmp_path / "out", settings=SETTINGS.model_copy(update={"codec": "jpeg"}))
    mark = write.read_mark(tmp_path / "out", 0)
    assert mark is not None and mark.jpeg_psnr_db is not None and 30 < mark.jpeg_psnr_db < 60
    assert ShardReader(tmp_path / "out")[0].labels["views"][0]["measures"]["jpeg_psnr"] > 30


def test_a_view_that_cannot_be_measured_costs_its_clip(
    film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = iter([MediaError("crashed", "ffmpeg ended with -11")])

    def vmaf(*_: Any, **__: Any) -> float:
        for death in deaths:
            raise death
        return 50.0

    measure = replace(measures.get("vmaf"), apply=vmaf)
    monkeypatch.setattr(measures, "get", lambda _: measure)
    clips = clips_of(film("a.mp4"), variants=VARIANTS)
    settings = ShardSettings(spatial="fragments", fragment_draws=2, measure=("vmaf",))
    (lost,) = make(clips, tmp_path / "out", settings=settings)
    assert (lost.reason, lost.detail) == ("crashed", "ffmpeg ended with -11")
    assert stored_views(tmp_path / "out") == 2 * (len(clips) - 1)


def test_each_film_of_a_unit_has_the_whole_time_limit(
    film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    monkeypatch.setattr("vqaprep.shards.unit.begin", lambda: begun.append(1))
    make(library(film, 4), tmp_path / "out", settings=SETTINGS.model_copy(update={"sources_per_unit": 4}))
    assert len(begun) >= 4


def test_measuring_many_views_is_no_stall(film: Films, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[int] = []
    monkeypatch.setattr("vqaprep.shards.pack.heartbeat", lambda: beats.append(1))
    clips = clips_of(film("a.mp4"), variants=VARIANTS)
    make(clips, tmp_path / "out", settings=ShardSettings(spatial="native", measure=("psnr",)))
    assert len(beats) >= len(VARIANTS)


def test_measures_are_stored_with_distorted_views(film: Films, tmp_path: Path) -> None:
    video = film("a.mp4")
    clips = clips_of(video, variants=VARIANTS, crop_track=straight_track(video))
    make(clips, tmp_path / "out", settings=ShardSettings(size_px=32, measure=("psnr", "ssim")))
    none, *distorted = ShardReader(tmp_path / "out")[0].labels["views"]
    assert none["measures"] == {}
    assert all(view["measures"]["psnr"] < 50 and view["measures"]["ssim"] < 1 for view in distorted)
