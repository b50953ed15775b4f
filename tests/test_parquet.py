"""Parquet files are read without threads, from a disk and from a store."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.made import video
from vqaprep.rows import parquet
from vqaprep.rows.manifest import write_rows
from vqaprep.storage import at

ROOT = Path(__file__).parents[1]
COUNTS = """
import os, sys
from pathlib import Path
import pyarrow.parquet as pq
from vqaprep.rows import parquet
before = len(os.listdir("/proc/self/task"))
parquet.read(Path(sys.argv[1])).to_pylist()
parquet.read(Path(sys.argv[1]), ["video_id"]).to_pandas(use_threads=False)
print(len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted under /proc")
def test_reading_starts_no_thread(tmp_path: Path) -> None:
    write_rows(tmp_path / "m.parquet", [video(name) for name in "abc"])
    command = [sys.executable, "-c", COUNTS, str(tmp_path / "m.parquet")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "0\n"


def test_all_of_us_read_in_this_way() -> None:
    sources = [path for room in ("vqaprep", "benchmarks") for path in (ROOT / room).rglob("*.py")]
    paths = [path for path in sources if path.name != "parquet.py"]
    others = [path.name for path in paths if "pq.read_" in (text := path.read_text()) or "pd.read_parquet" in text]
    assert len(paths) > 100 and others == []


def test_columns_are_read_from_a_store() -> None:
    path = at("memory://parquet/m.parquet")
    write_rows(path, [video("a"), video("b")])
    assert parquet.read(path, ["video_id", "codec"]).to_pydict() == {"video_id": ["a", "b"], "codec": ["h264", "h264"]}
    assert "crop_track" in parquet.schema(path).names
