"""Start a network from the weights of another: a run of ours, or a file under torchvision's or timm's names."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vqaprep.errors import InputError
from vqaprep.training.systems import to_our_names, unwrapped
from vqaprep.training.weights import read_tensors

_ENCODERS = ("encoder", "backbone", "regressor", "measure", "slow", "fast", "motion", "pyramid", "resnet")
"""Names of the parts that may start from another network's weights.

SSL-VQA and the dual path have two encoders, SimpleVQA has `motion` beside its `resnet`, and MSFE a pyramid on a resnet.
"""


def start_from(model: nn.Module, path: Path) -> dict[str, list[str]]:
    """Load what fits of the weights at `path` (a run folder, safetensors or torch file) into `model`.

    Weights match by name, or by the part of it behind the names of encoders, of which a system may have several.
    Returns the names that were `loaded`, `left` fresh in the model, and `unused` of the file.

    Raises:
        InputError: no file there, or nothing in it fits.
    """
    weights = to_our_names(_read_weights(path), model)
    own, known = model.state_dict(), _by_every_name(weights)
    loaded: dict[str, str] = {}
    for name, value in own.items():
        sources = (known[short] for short in _names(name) if short in known)
        source = next((source for source in sources if weights[source].shape == value.shape), None)
        if source is not None:
            loaded[name] = source
    if all(own[name].ndim < 2 for name in loaded):
        # Counters of batch norms and biases of heads fit many networks. Without a weight they start nothing.
        raise InputError(f"no weight in {path} fits {type(model).__module__}; first names there: {sorted(weights)[:3]}")
    model.load_state_dict({name: weights[source] for name, source in loaded.items()}, strict=False)
    return {
        "loaded": sorted(loaded),
        "left": sorted(own.keys() - loaded.keys()),
        "unused": sorted(weights.keys() - set(loaded.values())),
    }


def _names(name: str) -> Iterator[str]:
    """Yield `encoder.resnet.conv1.weight`, `resnet.conv1.weight`, `conv1.weight`."""
    yield name
    while name.partition(".")[0] in _ENCODERS:
        name = name.partition(".")[2]
        yield name


def _by_every_name(weights: Iterable[str]) -> dict[str, str]:
    """Return the weight that each name means; a whole name goes before a shortened one."""
    known: dict[str, str] = {}
    for name in weights:
        for short in list(_names(name))[1:]:
            known.setdefault(short, name)
    return known | {name: name for name in weights}


def _read_weights(path: Path) -> dict[str, Any]:
    file = path / "model.safetensors" if path.is_dir() else path
    if not file.is_file():
        raise InputError(f"{file} does not exist; give a run folder of `vqaprep train`, or a weights file")
    weights = unwrapped(read_tensors(file, remedy="give a run folder of `vqaprep train`, or another weights file"))
    wrong = sorted(name for name, value in weights.items() if not isinstance(value, Tensor))
    if wrong:
        raise InputError(
            f"{file} holds more than weights, such as {wrong[:3]}; save the state_dict of the network alone"
        )
    return weights
