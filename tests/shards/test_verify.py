"""Damage is found, and labels are held against their own ticks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.errors import InputError
from vqaprep.rows import Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.take import Take
from vqaprep.shards.verify import verify
from vqaprep.shards.write import committed
from vqaprep.speeds.labels import Rates


@pytest.fixture
def folder(film: Callable[..., Video], tmp_path: Path) -> Path:
    clips = clips_of(
        film("a.mp4"), starts=(0, 8), rates=Rates(1, 3, 3), num_frames=6, variants=(("none", 0), ("contrast", 1))
    )
    make_shards(clips, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None)
    return tmp_path


def problems(folder: Path, *, labels: bool = False) -> str:
    return "; ".join(f"{p.shard} {p.key} {p.what}" for p in verify(folder, labels=labels))


def test_a_sound_folder_has_no_problem(folder: Path) -> None:
    assert verify(folder, labels=True) == []


def test_any_flipped_byte_is_found(folder: Path) -> None:
    tar = folder / "shards" / "000000.tar"
    sound = tar.read_bytes()
    for at in np.random.default_rng(0).integers(0, len(sound), 12).tolist():
        damaged = bytearray(sound)
        damaged[at] ^= 1
        tar.write_bytes(damaged)
        assert "sha256" in problems(folder), f"byte {at}"


@pytest.mark.parametrize("name", [b'"video_id"', b'"speed_class"', b'"ticks"'])
def test_a_flipped_byte_in_the_name_of_a_label_is_found(folder: Path, name: bytes) -> None:
    tar = folder / "shards" / "000000.tar"
    tar.write_bytes(tar.read_bytes().replace(name, name.upper(), 1))
    found = problems(folder, labels=True)
    assert "sha256" in found and "the JSON of a sample" in found


def test_files_of_others_beside_the_tars_are_no_problem(folder: Path) -> None:
    (folder / "shards" / "notes.json").write_text("{}")
    (folder / "shards" / "notes.tar").touch()
    assert verify(folder) == []
    assert list(committed(folder)) == [0]


def test_missing_and_extra_files_are_found(folder: Path) -> None:
    tar, mark = folder / "shards" / "000000.tar", folder / "shards" / "000000.json"
    (folder / "shards" / "000007.tar").write_bytes(tar.read_bytes())
    assert "000007.tar" in problems(folder)
    (folder / "shards" / "000007.tar").unlink()
    said = mark.read_text()
    mark.unlink()
    assert "commit mark" in problems(folder)
    mark.write_text(said)
    tar.unlink()
    assert "missing" in problems(folder)


def test_an_index_that_points_elsewhere_is_found(folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(folder / "index.parquet")
    rows = table.to_pylist()
    rows[1]["offsets"][0] += 512
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), folder / "index.parquet")
    assert "index.parquet" in problems(folder)


@pytest.mark.parametrize(
    ("column", "value"), [("rate_second", 2), ("change_index", 2), ("speed_class", 1), ("localization_class", 0)]
)
def test_a_wrong_label_is_found(film: Callable[..., Video], tmp_path: Path, column: str, value: int) -> None:
    clips = clips_of(film("a.mp4"), rates=Rates(1, 3, 3), num_frames=6)
    make_shards(
        [clips[0].having(**{column: value})], tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None
    )
    assert verify(tmp_path) == []
    assert f"{column} is {value}" in problems(tmp_path, labels=True)


def test_a_wrong_count_is_found(folder: Path) -> None:
    mark = folder / "shards" / "000000.json"
    said = json.loads(mark.read_text())
    mark.write_text(json.dumps(said | {"count": said["count"] + 1}))
    assert "was written with" in problems(folder)


def test_an_unfinished_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="vqaprep shard"):
        verify(tmp_path)


FOUR = (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"frames": FOUR, "ticks": FOUR, "times_s": (0, 0.04, 0.08, 0.12)}, ""),
        ({"frames": (9, 10, 11, 12), "ticks": (109, 110, 111, 112), "times_s": (4.36, 4.4, 4.44, 4.48)}, ""),
        ({"frames": (0, 1, 3, 4), "ticks": FOUR, "times_s": (0, 0.04, 0.08, 0.12)}, "2 frames pass in 1 ticks"),
        (
            {"frames": FOUR, "ticks": FOUR, "times_s": (0, 0.04, 20.08, 20.12)},
            "a hole: 20.040 s pass from frame 1 to 2",
        ),
        (
            {"frames": FOUR, "ticks": FOUR, "times_s": (0, 0.04, 0.12, 0.16)},
            "0.080 s pass from frame 1 to 2, but 1 tick",
        ),
        ({"frames": FOUR, "ticks": FOUR, "times_s": (0, 0.04, 0.08)}, "4 frames, 4 ticks, 3 times"),
        ({"is_vfr": True, "frames": (0, 1, 1, 3), "ticks": FOUR, "times_s": (0, 0.04, 0.04, 0.12)}, ""),
        ({"is_vfr": True, "frames": (0, 2, 1, 3), "ticks": FOUR, "times_s": (0, 0.08, 0.04, 0.12)}, "earlier frames"),
        (
            {"is_vfr": True, "frames": FOUR, "ticks": (0, 1, 26, 27), "times_s": (0, 0.04, 1.04, 1.08)},
            "a hole: 1.000 s",
        ),
    ],
)
def test_ticks_that_are_not_what_the_times_of_their_frames_show_are_found(
    film: Callable[..., Video], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, Any], told: str
) -> None:
    """Labels are made of ticks, so ticks must be as far apart as the stored times, and no clip may span a hole."""
    monkeypatch.setattr(Take, "check", lambda *_, **__: None)  # as a folder that another program made
    plain = {"task": "none", "speed_class": None, "localization_class": None}
    clips = [clip.having(**plain, **columns) for clip in clips_of(film("a.mp4"))]
    make_shards(clips, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None)
    found = problems(tmp_path, labels=True)
    assert told in found and bool(told) == bool(found)
