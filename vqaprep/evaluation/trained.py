"""A trained run, ready to predict: the network, its kind of example, and the names of its classes."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vqaprep.errors import InputError
from vqaprep.shards.geometry import Scaling
from vqaprep.shards.settings import ShardSettings
from vqaprep.training.checkpoint import META, Epoch, load_weights
from vqaprep.training.examples import Kind
from vqaprep.training.meta import read_meta
from vqaprep.training.subsets import Folds
from vqaprep.training.systems import Contract, System, build, contract_of, load_module, restore_settings


@dataclass(frozen=True)
class Trained:
    """A network in evaluation mode, on `device`. Clips are cut to squares of `crop_px` (None: left as they are).

    `stored` says what its shards held, before that cut, and `scaling` how it was scaled.
    `sees_fragments` says that a clip is a mosaic of pieces, not a picture; `folds`, which samples were left out
    of training where the run did not go by their split.
    """

    system: str
    model: System
    kind: Kind
    crop_px: int | None
    device: torch.device
    stored: ShardSettings
    scaling: Scaling | None = "rgb"
    sees_fragments: bool = False
    folds: Folds | None = None

    @property
    def contract(self) -> Contract:
        """What the system states about itself."""
        return contract_of(self.system)

    def predict(self, inputs: dict[str, Tensor], *, num_crops: int = 1) -> dict[str, Tensor]:
        """Return the system's predictions, on the CPU as float32: the mean over the `num_crops` rows of an example."""
        with torch.inference_mode():
            predicted = self.model.predict(inputs)
        crops = {name: value.float().cpu() for name, value in predicted.items()}
        return {name: value.reshape(-1, num_crops, *value.shape[1:]).mean(dim=1) for name, value in crops.items()}

    def class_names(self, label: str, num_classes: int) -> list[str]:
        """Return what the classes of a label are called; their numbers where the run does not say."""
        names = self.kind.class_names(label, num_classes)
        return list(names) if len(names) == num_classes else [str(number) for number in range(num_classes)]


def load_run(run: Path, *, fresh: bool = False, epoch: Epoch = "last") -> Trained:
    """Load what `train` left in `run`; with `fresh`, the same network with random weights, as a baseline.

    `epoch` says which weights: of the last epoch, or of the one that was best on the validation split.

    Raises:
        InputError: the folder is no run, is one of an earlier version, is damaged, or holds no weights yet.
    """
    meta, path = read_meta(run), run / META
    try:
        module = load_module(meta.system)
        torch.manual_seed(meta.seed)
        model = build(meta.system, restore_settings(module.Settings, meta.settings))
        kind = meta.kind().for_evaluation()
        folds = restore_settings(Folds, meta.folds) if meta.folds else None
        stored = ShardSettings(**meta.stored)
    except (InputError, ValueError, TypeError, KeyError, ArithmeticError, RuntimeError, MemoryError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(
            f"{path} describes no network that can be built ({why}); put back a copy, or train it again"
        ) from error
    if not fresh:
        load_weights(run, model, epoch=epoch)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    sees_fragments = meta.settings.get("fragments") is not None
    network = model.eval().to(device)
    return Trained(meta.system, network, kind, meta.crop_px, device, stored, meta.scaling, sees_fragments, folds)
