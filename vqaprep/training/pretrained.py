"""Initialize a network from pretrained weights: a run of ours, or a file under torchvision's or timm's names."""

from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vqaprep.errors import InputError
from vqaprep.training.systems import encoder_names, to_our_names, unwrapped
from vqaprep.training.weights import read_tensors

_PUBLISHED_ENCODERS = frozenset({"backbone"})
"""What authors' code calls an encoder. The names of ours are in the contracts of the systems."""


def start_from(model: nn.Module, path: Path) -> dict[str, list[str]]:
    """Load what fits of the weights at `path` (a run folder, safetensors or torch file) into `model`.

    Weights match by their whole name, or by the rest of it after the names of encoders, of which a system may have
    several. Returns the names that were `loaded`, `left` fresh in the model, and `unused` of the file.

    Raises:
        InputError: no file there, or nothing in it fits.
    """
    weights = to_our_names(_read_weights(path), model)
    encoders = encoder_names() | _PUBLISHED_ENCODERS
    own, by_name = model.state_dict(), _by_every_name(weights, encoders)
    loaded: dict[str, str] = {}
    for name, value in own.items():
        sources = (by_name[short] for short in _names(name, encoders) if short in by_name)
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


def _names(name: str, encoders: Set[str]) -> Iterator[str]:
    """Yield `encoder.resnet.conv1.weight`, `resnet.conv1.weight`, `conv1.weight`."""
    yield name
    while name.partition(".")[0] in encoders:
        name = name.partition(".")[2]
        yield name


def _by_every_name(weights: Iterable[str], encoders: Set[str]) -> dict[str, str]:
    """Return the weight that each name means; a whole name has precedence over a shortened one."""
    by_short: dict[str, str] = {}
    for name in weights:
        for short in list(_names(name, encoders))[1:]:
            by_short.setdefault(short, name)
    return by_short | {name: name for name in weights}


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
