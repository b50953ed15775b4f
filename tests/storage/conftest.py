"""A bucket on a real S3 server behind a gate, and the same small run on a disk and in the bucket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from tests.storage.server import Gate, environment, gate, s3_server
from vqaprep import cli
from vqaprep.storage import at

PIPELINE = """
[[step]]
run = "scan"

[[step]]
run = "speed"
clips = 3

[[step]]
run = "shard"
spatial = "resize"
size_px = 32
sources_per_unit = 1
"""


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    """The gate before a server that holds the bucket `bucket`; this process is told where it is."""
    with s3_server(tmp_path_factory.mktemp("server")) as server, gate(server) as (address, switch):
        switch.address = address
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment(address).items():
                patch.setenv(name, value)
            at("s3://bucket").store.mkdir("bucket")  # type: ignore[attr-defined]  # a StorePath
            yield switch


@pytest.fixture(autouse=True)
def _open_door(door: Gate) -> Iterator[None]:
    """Let every request through, before and after each test."""
    door.failures, door.pattern, door.status = 0, "", 500
    door.seen.clear()
    yield
    door.failures, door.stalls, door.held = 0, 0, ""


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory, door: Gate) -> tuple[Path, Path]:
    """The same videos through the same commands: all on a disk, and all in the bucket."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "videos").mkdir()
    for number in range(3):
        write_film(folder / "videos" / f"{number}.mp4", pictures(64, shade=40 + 30 * number, step_px=1 + number))
    (folder / "videos" / "bad.mp4").write_bytes(b"no film at all")
    (folder / "small.toml").write_text(PIPELINE, encoding="utf-8")
    here, there = folder / "run", at("s3://bucket/run")
    for path in (folder / "videos").iterdir():
        (at("s3://bucket/videos") / path.name).write_bytes(path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VQAPREP_CACHE", str(folder / "cache"))
        for videos, out in ((folder / "videos", here), (at("s3://bucket/videos"), there)):
            pipeline = str(folder / "small.toml")
            cli.main(["run", pipeline, "--input", str(videos), "-o", str(out), "--workers", "1"])
    return here, there
