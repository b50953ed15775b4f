"""Whole runs through the command line: the labels of all that is stored, and disks that cannot be written to."""

import errno
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.calling import call
from tests.films import pictures, write_film
from tests.made import Inline
from vqaprep.jobs import Common
from vqaprep.shards import write
from vqaprep.shards.read import ShardReader
from vqaprep.speeds import tasks
from vqaprep.speeds.tasks import label

NUM_CLIPS = 210


@pytest.fixture(autouse=True)
def _inline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda self, out: Inline())


def cut(folder: Path, *options: str, num_frames: int = 90) -> Path:
    """Cut clips from a made film; return their folder."""
    write_film(folder / "film.mp4", pictures(num_frames))
    assert call("speed", folder / "film.mp4", "-o", folder / "clips", "--min-motion", "0", *options) == 0
    return folder / "clips"


@pytest.mark.parametrize(("task", "order"), [("fine", "location"), ("coarse", "pattern"), ("pace", None)])
def test_a_run_stores_labels_that_its_ticks_show_as_often_as_they_should_come(
    tmp_path: Path, task: Any, order: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = cut(tmp_path, "--task", task, "--num-frames", "8", "--clips", str(NUM_CLIPS))
    assert call("shard", clips, "-o", tmp_path / "shards", "--spatial", "native", "--max-shard-mb", "16") == 0
    assert call("verify", tmp_path / "shards", "--labels") == 0
    assert "every label" in capsys.readouterr().out
    found = Counter(ShardReader(tmp_path / "shards").column("speed_class"))
    choices = tasks.get(task).options(8, 3, order or "location", 0)
    due: defaultdict[int | None, float] = defaultdict(float)
    for rates, chance in choices.items():
        due[label(rates, task, num_frames=8, pool=3).speed_class] += NUM_CLIPS * float(chance)
    assert sum(found.values()) == NUM_CLIPS
    assert found.keys() == due.keys()
    chi_square = sum((found[name] - due[name]) ** 2 / due[name] for name in due)
    assert chi_square < 3 * len(due) + 6, "beyond what one run in a thousand would stray"


def test_jpeg_is_told_what_it_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = cut(tmp_path, "--clips", "2")
    shard: list[str | Path] = ["shard", clips, "--spatial", "native"]
    assert call(*shard, "-o", tmp_path / "jpeg", "--codec", "jpeg") == 0
    damage_db = write.jpeg_damage_db(tmp_path / "jpeg")
    assert damage_db is not None
    assert f"{damage_db:.1f} dB PSNR" in capsys.readouterr().out
    assert call(*shard, "-o", tmp_path / "exact") == 0
    assert "PSNR" not in capsys.readouterr().out


def test_a_full_disk_ends_with_1_and_the_same_command_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = cut(tmp_path, "--num-frames", "40")
    shard: list[str | Path] = ["shard", clips, "--spatial", "native", "--max-shard-mb", "1"]
    room, put = [1_000_000], write._Hashing.write

    def limited(file: write._Hashing, data: bytes) -> None:
        room[0] -= len(data)
        if room[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(file, data)

    with monkeypatch.context() as patch:
        patch.setattr(write._Hashing, "write", limited)
        assert call(*shard, "-o", tmp_path / "out") == 1
    assert "run the same command again" in capsys.readouterr().err
    assert call(*shard, "-o", tmp_path / "out") == 0
    assert call("verify", tmp_path / "out", "--labels") == 0


def test_too_little_room_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    clips = cut(tmp_path)
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
    assert call("shard", clips, "-o", tmp_path / "out", "--spatial", "native") == 2
    assert "are needed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_refused_setting_leaves_the_folder_to_the_next_try(tmp_path: Path, capsys: Any) -> None:
    clips = cut(tmp_path)
    assert call("shard", clips, "-o", tmp_path / "out", "--spatial", "face") == 2
    assert "has no crop track" in capsys.readouterr().err
    assert call("shard", clips, "-o", tmp_path / "out", "--spatial", "center") == 0


def test_a_place_that_cannot_be_written_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clips = cut(tmp_path)
    for out in (Path("/proc/none/out"), tmp_path / "film.mp4" / "out"):
        assert call("shard", clips, "-o", out, "--spatial", "native") == 2
        assert "cannot write to" in capsys.readouterr().err
