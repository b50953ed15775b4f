"""Ray: what is lost is done again, bytes are those of one machine, and what was started is ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.processes import is_alive
from tests.engines.work import lose_the_worker_at_two, lose_the_worker_once
from tests.films import pictures, write_film
from tests.made import Inline
from tests.shards.conftest import clips_of, film
from vqaprep import cli
from vqaprep.engines import Done, Failed, Limits, Needs, Pool, Work, get
from vqaprep.rows import Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings

__all__ = ["film"]  # a fixture of the shards' tests

ITEMS = range(5)
PIPELINE = """
summary = "Films to shards"

[[step]]
run = "scan"

[[step]]
run = "distort"
kinds = ["gaussian_noise", "h264"]

[[step]]
run = "speed"
num_frames = 8
clips = 2
min_motion = 0.0
max_still = 1.0

[[step]]
run = "shard"
spatial = "resize"
size_px = 32
sources_per_unit = 1
"""


@pytest.fixture(params=[False, True], ids=["tasks", "actors"])
def needs(request: pytest.FixtureRequest) -> Needs:
    return Needs(keeps_state=request.param)


@pytest.mark.usefixtures("running_ray")
def test_an_item_lost_with_its_worker_is_done_again(needs: Needs, tmp_path: Path) -> None:
    ray = get("ray", Pool(2, Limits(), Path("spool")))
    results = list(ray.map(Work(lose_the_worker_once, needs), [(str(tmp_path), i) for i in ITEMS]))
    assert sorted(r.value for r in results if isinstance(r, Done)) == list(ITEMS)


@pytest.mark.usefixtures("running_ray")
def test_an_item_that_is_lost_each_time_is_given_up(needs: Needs) -> None:
    results = list(get("ray", Pool(2, Limits(), Path("spool"))).map(Work(lose_the_worker_at_two, needs), ITEMS))
    assert sorted(r.value for r in results if isinstance(r, Done)) == [0, 1, 3, 4]
    assert [r for r in results if isinstance(r, Failed)] == [
        Failed(2, "crashed", "its node or worker was lost 3 times")
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("running_ray")
def test_files_are_those_of_one_machine(tmp_path: Path) -> None:
    films, pipeline = tmp_path / "films", tmp_path / "p.toml"
    films.mkdir()
    for number in range(3):
        write_film(films / f"{number}.mp4", pictures(40, shade=40 + 20 * number))
    (films / "bad.mp4").write_bytes(b"no film at all")
    pipeline.write_text(PIPELINE, encoding="utf-8")
    for name in ("local", "ray"):
        out = ["-o", str(tmp_path / name), "--engine", name, "--workers", "2"]
        cli.main(["run", str(pipeline), "--input", str(films), *out])
    made = [_files(tmp_path / name) for name in ("local", "ray")]
    assert sum(name.endswith(".tar") for name in made[0]) == 3
    assert made[0] == made[1]


@pytest.mark.slow
def test_ctrl_c_ends_all_that_was_started(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.engines.work import note_process\n"
        "from vqaprep.engines import Limits, Pool, get\n"
        f"ray = get('ray', Pool(2, Limits(), Path('spool')))\n"
        f"list(ray.map(note_process, [({str(tmp_path)!r}, i) for i in range(5)]))\n"
    )
    root, notes = Path(__file__).parents[2], tmp_path
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, start_new_session=True, stderr=subprocess.PIPE, text=True
    ) as run:
        while len(list(notes.iterdir())) < 2 and run.poll() is None:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        words = run.communicate()[1]
    assert "KeyboardInterrupt" in words
    while any(is_alive(int(path.name)) for path in notes.iterdir()):
        time.sleep(0.05)


def _files(out: Path) -> dict[str, bytes]:
    """Return all that runs must have in common; not addresses, times and seconds."""
    names = ["*/manifest.parquet", "*/dropped.parquet", "*/shards/*", "*/index.parquet", "*/plan.parquet"]
    found = [path for name in names for path in out.glob(name)]
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray.*")  # Ray warns of its own settings
@pytest.mark.usefixtures("running_ray")
def test_ray_data_reads_shards_of_drawn_levels(film: Callable[..., Video], tmp_path: Path) -> None:
    import ray

    drawn = [clips_of(film("a.mp4"), starts=[4 * n], variants=(("none", 0), ("contrast", n + 1))) for n in range(2)]
    make_shards(
        [c for clips in drawn for c in clips], tmp_path, ShardSettings(spatial="native"), Inline(), lambda *_: None
    )
    rows = ray.data.read_webdataset(str(tmp_path / "shards" / "000000.tar")).take_all()
    assert sorted(view["level"] for row in rows for view in row["json"]["views"]) == [0, 0, 1, 2]
    assert {row["query.contrast.npy"].shape for row in rows} == {(4, 64, 96, 3)}
