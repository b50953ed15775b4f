"""A scorer that reads one number: the brighter the picture, the higher the score."""

from pathlib import Path

import numpy as np
import pytest

from vqaprep.evaluation.quality.kernel import Kernel
from vqaprep.evaluation.quality.trees import Forest
from vqaprep.evaluation.quality.weights import save_weights


def stump(low: float, high: float, *, at: float = 100.0, feature: int = 0) -> Forest:
    """Return a forest of one tree: `low` where the input is at most `at`, else `high`."""
    return Forest(
        feature=np.array([feature, 0, 0], np.int16),
        threshold=np.array([at, 0, 0], np.float32),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        value=np.array([0, low, high], np.float32),
        roots=np.array([0], np.int32),
        base=0.0,
        depth=1,
    )


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of mean luma up to 100 score 30, others 70, within 10; luma over 200 looks drawn."""
    path = tmp_path_factory.mktemp("weights") / "bright.npz"
    kernel = Kernel(np.zeros(1, np.float32), np.ones(1, np.float32), np.zeros((1, 1), np.float16),
                    np.zeros(1, np.float32), base=50.0, gamma=1.0)  # fmt: skip
    forests = {"quality": stump(10, 90), "spread": stump(0, 0), "drawn": stump(-5, 5, at=200)}
    about = {
        "name": "bright 1", "target": "brightness", "scale": {"times": 10.0},
        "domain": {"lowest": [0.0], "highest": [255.0], "most_drawn": 0.5, "most_strange": 0.5},
        "reference": {"name": "four numbers", "scores": [10, 20, 50, 90]},
    }  # fmt: skip
    save_weights(path, inputs=("mean",), forests=forests, kernel=kernel, about=about)
    return path
