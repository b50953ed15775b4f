"""The files of a run: weights as safetensors, all other state for exact resume, and a readable `meta.json`."""

import hashlib
import io
import logging
import math
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save as to_bytes
from torch import nn
from torch.optim.swa_utils import AveragedModel

from vqaprep.errors import InputError, IntegrityError, VqaprepError
from vqaprep.storage.durable import durable, read_json, write_json
from vqaprep.training.log import CURVE
from vqaprep.training.weights import read_tensors

_log = logging.getLogger(__name__)
MODEL, EMA, STATE, META = "model.safetensors", "ema.safetensors", "state.pt", "meta.json"
BEST, BEST_OF = "best.safetensors", "best.json"
Epoch = Literal["last", "best"]


@dataclass
class Position:
    """Where training stands: the epoch, samples of it that all processes have seen, and steps so far."""

    epoch: int = 0
    seen: int = 0
    step: int = 0
    curve: str = field(default="", compare=False, repr=False)
    """The losses up to here, as `curve.csv` has them; filled where a run is resumed."""


def save(
    run: Path, model: nn.Module, optimizer: Any, ema: AveragedModel | None, where: Position, *, precision: Any = None
) -> None:
    """Write state and weights durably; the state holds the weights and losses it belongs to, so it is never torn."""
    position = {"epoch": where.epoch, "seen": where.seen, "step": where.step}
    state = {"model": _cpu(model), "optimizer": optimizer.state_dict(), "position": position}
    if (run / CURVE).exists():
        state["curve"] = (run / CURVE).read_text(encoding="utf-8")
    state["best"] = _best_of(run)
    if precision is not None:
        state["precision"] = precision.state_dict()  # the loss scale of 16-mixed; empty for other formats
    if ema is not None:
        state["ema"] = ema.state_dict()
    # State first: a kill in between leaves weights that are older than the state, and the next save replaces them.
    with durable(run / STATE) as temporary:
        # By way of memory: torch and safetensors hide why a file cannot be written (disk full, limit reached).
        buffer = io.BytesIO()
        torch.save(state, buffer)
        temporary.write_bytes(buffer.getbuffer())
    with durable(run / MODEL) as temporary:
        temporary.write_bytes(to_bytes(state["model"]))
    if ema is not None:
        with durable(run / EMA) as temporary:
            temporary.write_bytes(to_bytes(_cpu(ema.module)))


def resume(
    run: Path, model: nn.Module, optimizer: Any, ema: AveragedModel | None, *, precision: Any = None
) -> Position:
    """Load what `save` wrote, if anything, and return where to go on.

    Raises:
        IntegrityError: the file is damaged, or belongs to another run.
    """
    path = run / STATE
    if not path.exists():
        _put_back(run, None)
        return Position()
    remedy = "put back a copy of it, or use --force to start this run over"
    state = read_tensors(path, remedy=remedy, fault=IntegrityError)
    try:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        if ema is not None:
            ema.load_state_dict(state["ema"])
        if precision is not None:
            precision.load_state_dict(state.get("precision", {}))
        where = replace(_position(state["position"]), curve=str(state.get("curve", "")))
    except Exception as error:  # torch raises many kinds for a state that does not fit
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:160]}"
        raise IntegrityError(f"{path} does not match this run, or is damaged ({why}); {remedy}") from error
    if "best" in state:  # earlier versions did not keep it
        _put_back(run, state["best"])
    _log.info("resuming at epoch %d, step %d", where.epoch, where.step)
    return where


def _position(values: Any) -> Position:
    where = Position(**values)
    if not all(isinstance(number, int) and number >= 0 for number in (where.epoch, where.seen, where.step)):
        raise ValueError(f"{where} is no place in a run")
    return where


def save_best(run: Path, model: nn.Module, *, epoch: int, merit: float) -> bool:
    """Keep the weights of `epoch` as the best, if their validation `merit` is above that of those that are kept.

    A run that is killed after this and before `save` does the epoch again and comes to the same merit, which is not
    above itself: the file stays as it is. `best.json` is written last, so that it never describes other weights.

    Raises:
        IntegrityError: the weights that are kept, and stay the best, are lost or damaged.
    """
    before = _best_of(run)
    if before is not None and merit <= before["merit"]:
        check_best(run)
        return False
    weights = to_bytes(_cpu(model))
    with durable(run / BEST) as temporary:
        temporary.write_bytes(weights)
    write_json(run / BEST_OF, {"epoch": epoch, "merit": merit, "sha256": hashlib.sha256(weights).hexdigest()})
    return True


def check_best(run: Path) -> None:
    """Compare the best weights with their description. No later epoch can make them again.

    Raises:
        IntegrityError: they are lost or damaged.
    """
    described = _best_of(run)
    if described is None or "sha256" not in described:  # earlier versions kept no checksum
        return
    path = run / BEST
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != described["sha256"]:
        raise IntegrityError(
            f"{path} is {'damaged' if path.exists() else 'lost'}, and only training makes the weights of epoch "
            f"{described['epoch']} again; put back a copy of it, or use --force to start this run over"
        )


def _best_of(run: Path) -> dict[str, Any] | None:
    """Return what `best.json` says; None where it is lost or damaged, as the state of the run has it too."""
    with suppress(OSError, VqaprepError):
        found = read_json(run / BEST_OF, remedy="")
        merit = found.get("merit")
        if isinstance(merit, int | float) and math.isfinite(merit) and "epoch" in found:
            return found
    return None


def _put_back(run: Path, best: dict[str, Any] | None) -> None:
    """Write `best.json` as it was when the state was saved: what came later is done again."""
    if best is not None:
        if best != _best_of(run):
            write_json(run / BEST_OF, best)
    else:
        (run / BEST_OF).unlink(missing_ok=True)


def save_meta(run: Path, meta: dict[str, Any]) -> None:
    """Write what the weights are: system, settings, labels, sizes."""
    write_json(run / META, meta)


def load_weights(run: Path, model: nn.Module, *, epoch: Epoch = "last") -> None:
    """Load a run's weights into `model`: of the last epoch, the running mean where the run kept one; or of the best.

    Raises:
        InputError: the folder holds no weights, or they are damaged, of another network, or not finite.
    """
    last = EMA if (run / EMA).exists() else MODEL
    path = run / (BEST if epoch == "best" else last)
    if epoch == "best" and (run / last).exists() and not path.exists():
        raise InputError(f"{run} kept no best weights, as its shards have no split val; leave out --epoch best")
    if not path.exists():
        raise InputError(f"{run} holds no weights; finish it first: vqaprep train SYSTEM SHARDS -o {run}")
    weights = read_tensors(path, remedy="put back a copy of it, or train the run again")
    try:
        model.load_state_dict(weights)
    except (RuntimeError, TypeError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path} holds weights of another network than {run / META} describes ({why}); put back the two "
            "that belong together, or train the run again"
        ) from error
    if not all(bool(torch.isfinite(parameter).all()) for parameter in model.parameters()):
        raise InputError(f"{path} holds weights that are not finite numbers; train the run again, with a lower --lr")


def _cpu(model: nn.Module) -> dict[str, Any]:
    return {name: value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
