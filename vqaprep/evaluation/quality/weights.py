"""A scorer's weights: one .npz file of arrays and a JSON description, found by name, as a file, or in a package.

Another package adds named weights by an entry point of the group `vqaprep.weights`: a function that returns a path.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vqaprep.errors import InputError, unknown_name
from vqaprep.evaluation.quality.kernel import Kernel, kernel_of
from vqaprep.evaluation.quality.trees import Forest, forest_of
from vqaprep.packages.cache import sha256_of
from vqaprep.packages.extensions import added, added_names

DEFAULT = "quality"
_KERNEL = "quality_kernel"
FORMAT = "vqaprep quality weights 1"
FORESTS = ("quality", "spread", "drawn")
"""The trees of a scorer: its score, the logarithm of how far it may be off, and how drawn a picture looks."""
_CHECKOUT = Path(__file__).parents[3] / "packages" / "vqaprep-weights" / "vqaprep_weights"


@dataclass(frozen=True)
class Weights:
    """What a scorer needs: forests, the names of their inputs in order, and its description."""

    path: Path
    sha256: str
    inputs: tuple[str, ...]
    forests: dict[str, Forest]
    kernel: Kernel
    about: dict[str, Any]
    """`name`, `target`, `scale`, `domain`, `reference`: see `packages/vqaprep-weights/README.md`."""

    def quality(self, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the score in [0, 100] of each row of inputs: the mean of the trees and of the kernel."""
        return quality_of(self.forests["quality"], self.kernel, inputs)


def quality_of(forest: Forest, kernel: Kernel, inputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean of both regressions, in [0, 100]."""
    return np.asarray(np.clip((forest.predict(inputs) + kernel.predict(inputs)) / 2, 0, 100))


def weights_path(name: str) -> Path:
    """Return the weights file that a name or a path means.

    Raises:
        InputError: there is none; says which names are installed, or how to install the shipped weights.
    """
    if (path := Path(name)).suffix == ".npz":
        if not path.is_file():
            raise InputError(
                f"the weights {path} do not exist; give a .npz file or one of {', '.join(_weight_names())}"
            )
        return path
    if name in added_names("weights"):
        return Path(added("weights", name)())
    if (path := _CHECKOUT / f"{name}.npz").is_file():
        return path
    if not _weight_names():
        raise InputError(
            "no weights are installed: pip install vqaprep-weights "
            "(in a checkout: pip install ./packages/vqaprep-weights)"
        )
    raise unknown_name("weights", name, _weight_names())


def load_weights(path: Path) -> Weights:
    """Read a weights file; nothing in it is executed.

    Raises:
        InputError: it is no weights file of this version, or is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(bytes(arrays.pop("about")).decode())
        inputs = tuple(map(str, about["inputs"]))
        is_known = about["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        raise InputError(f"{path} is no weights file of vqaprep ({error}); install vqaprep-weights again") from error
    if not is_known:
        raise InputError(f"{path} has the format {about['format']!r}, and this version reads {FORMAT!r}")
    forests = {name: forest_of(arrays, name, len(inputs)) for name in FORESTS}
    return Weights(path, sha256_of(path), inputs, forests, kernel_of(arrays, _KERNEL, len(inputs)), about)


def save_weights(
    path: Path, *, inputs: tuple[str, ...], forests: dict[str, Forest], kernel: Kernel, about: dict[str, Any]
) -> None:
    """Write a weights file: the same arrays and description give the same bytes."""
    text = json.dumps({"format": FORMAT, "inputs": list(inputs)} | about, sort_keys=True)
    arrays: dict[str, Any] = {"about": np.frombuffer(text.encode(), np.uint8)}
    for name in FORESTS:
        arrays |= forests[name].arrays(name)
    arrays |= kernel.arrays(_KERNEL)
    np.savez_compressed(path, **arrays)


def _weight_names() -> list[str]:
    return sorted({*added_names("weights"), *(path.stem for path in _CHECKOUT.glob("*.npz"))})
