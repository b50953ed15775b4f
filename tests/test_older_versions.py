"""What earlier versions wrote is read: `cases/older` holds what commit 67e06aa made of three small films."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

import vqaprep
from tests.films import pictures
from vqaprep.errors import InputError
from vqaprep.evaluation.trained import load_run
from vqaprep.rows import Clip, schema
from vqaprep.rows.manifest import read_rows, rows_sha256, write_rows
from vqaprep.shards.read import ShardReader
from vqaprep.training.meta import read_meta
from vqaprep.training.systems import build, load_module, restore_settings

OLDER = Path(__file__).parent / "cases" / "older"


def test_rows_of_videos_are_read() -> None:
    rows = read_rows(OLDER / "videos.parquet")
    assert [row.label for row in rows] == ["x", "y", "x"] and [row.is_vfr for row in rows].count(True) == 1
    assert {row.decoder for row in rows} == {"pyav"}


def test_rows_of_clips_get_the_times_that_they_lacked() -> None:
    rows = read_rows(OLDER / "clips.parquet")
    assert len(rows) == 6
    for row in rows:
        assert isinstance(row, Clip)
        expected = [row.start_s + tick / row.rate_fps for tick in row.ticks]
        np.testing.assert_allclose(row.times_s, expected, rtol=1e-12)
    assert rows[0].times_s[0] == pytest.approx(rows[0].frames[0] / 25)  # type: ignore[union-attr]  # a clip, see above


def test_later_steps_go_on_from_them(tmp_path: Path) -> None:
    vqaprep.prepare("split", OLDER / "clips.parquet", tmp_path / "out")
    rows = read_rows(tmp_path / "out" / "manifest.parquet")
    assert len(rows) == 6 and {row.split for row in rows} <= {"train", "val", "test"}
    stated = pq.read_schema(tmp_path / "out" / "manifest.parquet").metadata
    assert stated[schema.KEY.encode()] == str(schema.SCHEMA).encode()


def test_shards_are_read() -> None:
    reader = ShardReader(OLDER / "shards")
    assert len(reader) == 3
    for number in range(3):
        sample = reader[number]
        plain, changed = sample.views.values()
        assert plain.shape == changed.shape == (8, 16, 24, 3)
        assert plain.std() > 5 and not np.array_equal(plain, changed)
        assert reader.record(number)["views"][0]["speed_class"] is not None


@pytest.mark.parametrize("system", sorted(path.name for path in (OLDER / "runs").iterdir()))
def test_the_description_of_a_run_is_converted(system: str) -> None:
    meta = read_meta(OLDER / "runs" / system)
    before = json.loads((OLDER / "runs" / system / "meta.json").read_text())
    assert meta.system == system and meta.settings == before["settings"]
    assert meta.example["kind"] == before["ask"]["views"]
    assert meta.kind().for_evaluation()
    build(system, restore_settings(load_module(system).Settings, meta.settings))


def test_the_weights_of_a_run_are_loaded() -> None:
    trained = load_run(OLDER / "runs" / "st_vqrl")
    clip = torch.from_numpy(np.stack(pictures(8))[:, :32, :32]).permute(3, 0, 1, 2)[None].float() / 255
    predicted = trained.predict({"clip": clip, "reference": clip.flip(3)})
    assert all(torch.isfinite(value).all() for value in predicted.values())


def test_what_a_later_version_wrote_is_refused_with_the_remedy(tmp_path: Path) -> None:
    rows = read_rows(OLDER / "videos.parquet")
    write_rows(tmp_path / "rows.parquet", rows)
    assert read_rows(tmp_path / "rows.parquet") == rows
    table = pq.read_table(tmp_path / "rows.parquet")
    later = {**table.schema.metadata, schema.KEY.encode(): str(schema.SCHEMA + 1).encode()}
    pq.write_table(table.replace_schema_metadata(later), tmp_path / "later.parquet")
    with pytest.raises(InputError, match=rf"later.parquet: .* reads up to {schema.SCHEMA}; update it"):
        read_rows(tmp_path / "later.parquet")


def test_a_column_that_is_new_changes_no_checksum_of_rows() -> None:
    first, *others = read_rows(OLDER / "videos.parquet")
    as_default: dict[str, Any] = {"decoder": "pyav"}
    assert rows_sha256([first, *others]) == rows_sha256([first.having(**as_default), *others])
    assert rows_sha256([first, *others]) != rows_sha256([first.having(decoder="decord"), *others])
    assert rows_sha256([first, *others]) != rows_sha256([first.having(mos=4.0), *others])
    assert rows_sha256([first, *others]) != rows_sha256([*others, first])
