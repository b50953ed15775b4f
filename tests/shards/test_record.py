"""What is said of a shard folder in `docs/shards.md` is what it holds."""

import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep import measures
from vqaprep.distortions import SourceInfo, apply
from vqaprep.rows import Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.names import VERSION
from vqaprep.shards.read import ShardReader
from vqaprep.shards.settings import ShardSettings

TOLD = (Path(__file__).parents[2] / "docs" / "shards.md").read_text(encoding="utf-8")


def quoted_names(heading: str) -> set[str]:
    """Return every name in code quotes of one part of the page."""
    part = TOLD.split(heading, 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"`(\w+)`", part))


def test_every_key_and_column_is_told_of(film: Callable[..., Video], tmp_path: Path) -> None:
    clips = clips_of(film("a.mp4"), variants=(("none", 0), ("contrast", 1)), extra=(("site", "A"), ("name", "Jane")))
    settings = ShardSettings(spatial="native", measure=("psnr", "ssim"), include_source=True, carry=("site", "age"))
    make_shards(clips, tmp_path, settings, Inline(), lambda _n, _d: None)
    with tarfile.open(tmp_path / "shards" / "000000.tar") as tar:
        record = json.load(tar.extractfile(tar.next()))  # type: ignore[arg-type]  # a file, and there is one
    assert f"`KEY.json`, version {record['version']}" in TOLD
    assert record["version"] == VERSION
    assert record["columns"] == {"site": "A", "age": None}
    distorted = record["views"][1]
    known = {*record, *record["source"], *distorted, *distorted["measures"]}
    keys = quoted_names(f"## `KEY.json`, version {VERSION}")
    assert known <= keys
    other = {*measures.names(), "models", "none", "query", "key", "jpeg_psnr", "draw", "planes", "rgb"}
    assert keys - known == other - known
    lists = {"members", "roles", "distortions", "levels", "offsets", "sizes"}
    columns = set(pq.read_schema(tmp_path / "index.parquet").names)
    assert columns <= keys | quoted_names("## `index.parquet`")
    assert lists <= columns


def test_every_file_is_told_of(film: Callable[..., Video], tmp_path: Path) -> None:
    make_shards(
        clips_of(film("a.mp4")), tmp_path / "out", ShardSettings(spatial="native"), Inline(), lambda _n, _d: None
    )
    held = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert all(f"`{name}`" in TOLD for name in held)
    mark = json.loads((tmp_path / "out" / "shards" / "000000.json").read_text(encoding="ascii"))
    assert all(f"`{name}`" in TOLD for name in mark if name != "jpeg_psnr_db")


def test_a_chain_is_stored_under_its_own_name(film: Callable[..., Video], tmp_path: Path) -> None:
    clips = clips_of(film("a.mp4"), variants=(("none", 0), ("gaussian_blur+jpeg", 2)))
    make_shards(clips, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None)
    sample = ShardReader(tmp_path)[0]
    told = [(view["distortion"], view["level"]) for view in sample.labels["views"]]
    assert told == [("none", 0), ("gaussian_blur+jpeg", 2)]
    rng, source = np.random.default_rng(0), SourceInfo(25, None)
    expected = apply(sample.views["query.none"], "gaussian_blur+jpeg", 2, rng, source)
    np.testing.assert_array_equal(sample.views["query.gaussian_blur+jpeg"], expected)


def test_a_sample_names_the_model_of_its_measures(film: Callable[..., Video], tmp_path: Path) -> None:
    clips = clips_of(film("a.mp4"), variants=(("none", 0), ("contrast", 1)))
    for measured, models in ((("psnr", "vmaf"), {"vmaf": "vmaf_v0.6.1"}), (("psnr",), None)):
        out = tmp_path / measured[-1]
        make_shards(clips, out, ShardSettings(spatial="native", measure=measured), Inline(), lambda _n, _d: None)
        assert ShardReader(out).record(0).get("models") == models
