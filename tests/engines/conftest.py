"""One Ray on this machine for all tests of a file: starting one takes longer than most of them."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def running_ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start Ray with two places; its address."""
    import ray

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            "local", num_cpus=2, include_dashboard=False, object_store_memory=100_000_000, log_to_driver=False,
            logging_level=logging.ERROR,
        )  # fmt: skip
        yield str(ray.get_runtime_context().gcs_address)
        ray.shutdown()
