"""Metrics during training: rank correlation of scores, balanced accuracy of classes."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
import numpy.typing as npt
from torch import Tensor

from vqaprep.training.correlation import correlate

_TRUTH_OF = {"quality": "mos"}
"""Predictions whose true value has another name."""
_LEAST_SCORED = 3


@dataclass
class Agreement:
    """Predictions and true values of the examples that were seen so far, by the name of the prediction."""

    said: dict[str, list[npt.NDArray[np.float32]]] = field(default_factory=lambda: defaultdict(list))
    true: dict[str, list[npt.NDArray[np.float64]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, predicted: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> None:
        """Add a batch: scores (B,) and probabilities (B, C); what has no true value (B,) in `batch` is left out."""
        for name, values in predicted.items():
            truth = batch.get(_TRUTH_OF.get(name, name))
            if truth is not None and truth.shape == values.shape[:1]:
                self.said[name].append(values.detach().float().cpu().numpy())
                self.true[name].append(truth.detach().double().cpu().numpy())

    def measures(self) -> dict[str, float]:
        """Return `NAME_balanced_accuracy` of classes, and `NAME_srocc`, `_plcc`, `_krocc` and `_rmse` of scores.

        Balanced accuracy is the mean over the true classes of the share that was recognized: a constant answer gets
        1 / classes, whatever their frequencies. The scores are mapped to the opinions by a logistic of 4 parameters.
        """
        found: dict[str, float] = {}
        for name, parts in self.said.items():
            predicted, true = np.concatenate(parts), np.concatenate(self.true[name])
            is_known = np.isfinite(true)
            if predicted.ndim == 2:
                is_known &= true >= 0  # -1 stands for a class that is not known
                if is_known.any():
                    found[f"{name}_balanced_accuracy"] = balanced_accuracy(
                        predicted[is_known].argmax(1), true[is_known]
                    )
            elif is_known.sum() >= _LEAST_SCORED and np.isfinite(predicted).all():
                values = asdict(correlate(predicted[is_known].astype(np.float64), true[is_known], mapping="logistic4"))
                found |= {f"{name}_{key}": float(values[key]) for key in ("srocc", "plcc", "krocc", "rmse")}
        return found


def balanced_accuracy(said: npt.NDArray[np.int64], true: npt.NDArray[np.float64]) -> float:
    """Return the mean over the classes of `true` of the share of their examples in which `said` agrees."""
    return float(np.mean([np.mean(said[true == kind] == kind) for kind in np.unique(true)]))


def merit(values: Mapping[str, float]) -> float:
    """Return one number, higher for better weights: the mean of rank correlations and balanced accuracies.

    Where a system predicts nothing that can be checked, such as an encoder that learns by contrast, it is the negative
    loss.
    """
    chosen = [value for name, value in values.items() if name.endswith(("_srocc", "_balanced_accuracy"))]
    # A constant score has no rank: its correlation is NaN, and must not count as the best.
    finite = [value for value in chosen if math.isfinite(value)]
    return sum(finite) / len(finite) if finite else -values["loss"]
