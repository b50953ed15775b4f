"""A cluster to join: none is refused at once, and one that loses a node makes the tars of a quiet run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cluster.ray_nodes import RayNodes, ray_nodes, shard_losing_a_node
from tests.engines.work import square
from tests.films import pictures, write_film
from vqaprep import cli
from vqaprep.engines import Limits, Needs, Pool, Work, get
from vqaprep.errors import InputError

ROOT = Path(__file__).parents[2]
SHARD = ("--spatial", "resize", "--size-px", "32", "--sources-per-unit", "1")


@pytest.fixture(scope="module")
def nodes() -> Iterator[RayNodes]:
    with ray_nodes(3) as running:
        yield running


def test_an_address_where_no_cluster_answers_is_refused() -> None:
    ray = get("ray", Pool(1, Limits(), Path("spool"), "127.0.0.1:1"))
    with pytest.raises(InputError, match="no Ray cluster to join at 127"):
        list(ray.map(square, range(5)))


def test_the_cluster_file_has_only_keys_that_ray_knows() -> None:
    import ray
    import yaml

    schema = json.loads(Path(ray.__file__).with_name("autoscaler").joinpath("ray-schema.json").read_text())
    wanted = yaml.safe_load((ROOT / "pipelines/ray/cluster.yaml").read_text(encoding="utf-8"))
    assert wanted.keys() <= schema["properties"].keys()
    assert wanted["provider"].keys() <= schema["properties"]["provider"]["properties"].keys()


@pytest.mark.slow
def test_a_lost_node_leaves_no_trace(nodes: RayNodes, tmp_path: Path) -> None:
    films, clips = tmp_path / "films", tmp_path / "clips"
    films.mkdir()
    for number in range(12):
        write_film(films / f"{number}.mp4", pictures(60, shade=40 + 10 * number))
    cli.main(["distort", str(films), "-o", str(tmp_path / "distort"), "--kinds", "h264", "--levels", "all"])
    cut = ("--clips", "2", "--min-motion", "0", "--max-still", "1")
    cli.main(["speed", str(tmp_path / "distort"), "-o", str(clips), *cut])
    cli.main(["shard", str(clips), "-o", str(tmp_path / "quiet"), *SHARD])
    num_done = shard_losing_a_node(clips, tmp_path / "lossy", nodes, *SHARD, num_workers=3)
    assert num_done < 12
    quiet, lossy = (_bytes(tmp_path / name) for name in ("quiet", "lossy"))
    assert sum(name.endswith(".tar") for name in quiet) == 12
    assert lossy == quiet


@pytest.mark.slow
def test_actors_of_a_lost_node_are_not_waited_for(nodes: RayNodes) -> None:
    """Two actors are left a single core, so one of them never comes back."""
    engine = get("ray", Pool(2, Limits(), Path("spool"), nodes.address))
    done = []
    for result in engine.map(Work(square, Needs(keeps_state=True)), range(40)):
        done.append(result.index)
        if len(done) == 3:
            nodes.kill()
    assert sorted(done) == list(range(40))


def _bytes(out: Path) -> dict[str, bytes]:
    files = [*(out / "shards").iterdir(), out / "index.parquet", out / "manifest.parquet", out / "dropped.parquet"]
    return {path.name: path.read_bytes() for path in files}
