"""Training learns, and goes on after any interruption as if there had been none."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file

from vqaprep.training import loop
from vqaprep.training.loop import train
from vqaprep.training.settings import TrainSettings
from vqaprep.training.setup import Run, prepare

Asking = Callable[..., TrainSettings]


def curve(run: Path) -> list[tuple[str, ...]]:
    """Return every value that a run has told, in order."""
    with (run / "curve.csv").open(newline="", encoding="utf-8") as file:
        return [tuple(row) for row in csv.reader(file)]


def losses(run: Path, phase: str = "train") -> list[float]:
    return [float(value) for kind, _, _, name, value in curve(run) if (kind, name) == (phase, "loss")]


def run(settings: TrainSettings, shards: Path, path: Path, *, seed: int = 0) -> dict[str, float]:
    path.mkdir(exist_ok=True)
    return train(settings, shards, path, seed=seed)


def die_after(monkeypatch: pytest.MonkeyPatch, num_steps: int) -> None:
    """Let the process be killed when it is about to take one step more than `num_steps`."""
    step, taken = loop._step, [0]

    def dying(*given: Any) -> Any:
        if taken[0] == num_steps:
            raise KeyboardInterrupt
        taken[0] += 1
        return step(*given)

    monkeypatch.setattr(loop, "_step", dying)


def whole_and_killed(settings: TrainSettings, shards: Path, folder: Path, *, died_after: int) -> None:
    """Train into `whole`, and the same into `killed` until it dies."""
    run(settings, shards, folder / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        die_after(patch, died_after)
        run(settings, shards, folder / "killed")


def test_the_loss_falls_on_data_never_seen(shards: Path, tmp_path: Path, shade: Asking) -> None:
    last = run(shade(epochs=12), shards, tmp_path / "run")
    seen, unseen = losses(tmp_path / "run"), losses(tmp_path / "run", "val")
    assert seen[-1] < seen[0] / 4
    assert unseen[-1] < unseen[0]
    assert last["loss"] == pytest.approx(seen[-1], rel=1e-6)
    assert len(seen) == 12 * 3


def test_the_same_seed_learns_the_same_and_another_does_not(shards: Path, tmp_path: Path, shade: Asking) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(shade(epochs=1), shards, tmp_path / name, seed=seed)
    assert curve(tmp_path / "a") == curve(tmp_path / "b")
    assert losses(tmp_path / "a") != losses(tmp_path / "c")


@pytest.mark.parametrize(
    ("system", "changes"),
    [
        ("shade", {"set": ("dropout=0.3",), "ema_decay": 0.9}),
        ("shade", {"accumulate": 3}),
        ("shade", {"accumulate": 2, "optimizer": "sgd", "schedule": "cosine", "warmup_epochs": 1}),
        ("speediness", {"batch": 4, "schedule": "constant"}),
    ],
    ids=["dropout and running mean", "summed gradients", "sgd and cosine", "batch norm and queue"],
)
@pytest.mark.parametrize("died_after", [1, 4, 5])
def test_a_killed_run_goes_on_as_if_it_had_not_been(
    shards: Path, tmp_path: Path, shade: Asking, *, system: str, changes: dict[str, Any], died_after: int
) -> None:
    settings = shade(system, epochs=3, checkpoint_every_s=1e-9, **changes)
    whole_and_killed(settings, shards, tmp_path, died_after=died_after)
    run(settings, shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
    for name in ("model", "ema"):
        weights = [tmp_path / which / f"{name}.safetensors" for which in ("whole", "killed")]
        assert weights[0].exists() == weights[1].exists()
        if weights[0].exists():
            one, two = map(load_file, weights)
            assert all(torch.equal(one[key], two[key]) for key in one)


def test_a_run_killed_between_checkpoints_repeats_what_was_lost(shards: Path, tmp_path: Path, shade: Asking) -> None:
    settings = shade(epochs=3)
    whole_and_killed(settings, shards, tmp_path, died_after=5)
    assert len(losses(tmp_path / "killed")) == 5
    run(settings, shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")


def test_a_run_killed_in_validation_tells_it_once(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, save, saved = shade(epochs=2, checkpoint_every_s=1e-9), Run.save, [0]
    run(settings, shards, tmp_path / "whole")

    def dying(given: Run) -> None:
        if given.where.epoch == 1 and not saved[0]:
            saved[0] = 1
            raise KeyboardInterrupt
        save(given)

    monkeypatch.setattr(Run, "save", dying)  # the first after the validation of an epoch
    with pytest.raises(KeyboardInterrupt):
        run(settings, shards, tmp_path / "killed")
    assert losses(tmp_path / "killed", "val")
    run(settings, shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")


@pytest.mark.parametrize("workers", [1, 2])
def test_loader_processes_change_no_loss_even_on_resume(
    shards: Path, tmp_path: Path, shade: Asking, workers: int
) -> None:
    settings = shade(epochs=2, checkpoint_every_s=1e-9)
    whole_and_killed(settings, shards, tmp_path, died_after=2)
    run(settings.model_copy(update={"loader_workers": workers}), shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")


def test_what_a_run_resumes_from_goes_to_the_device_of_its_network(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Double precision stands for the device: `Fabric.setup` moves the weights, and nothing else."""
    settings, moved = shade(epochs=1, ema_decay=0.9), Fabric.setup
    run(settings, shards, tmp_path / "run")
    monkeypatch.setattr(Fabric, "setup", lambda fabric, model, *others: moved(fabric, model.double(), *others))
    resumed = prepare(settings, shards, tmp_path / "run", seed=0)
    assert resumed.where.epoch == 1
    assert resumed.ema is not None
    states = [value for state in resumed.optimizer.state.values() for name, value in state.items() if name != "step"]
    assert {value.dtype for value in (*states, *resumed.ema.module.parameters())} == {torch.float64}


def test_two_small_batches_summed_are_one_large_one(shards: Path, tmp_path: Path, shade: Asking) -> None:
    run(shade(epochs=2, batch=4), shards, tmp_path / "large")
    run(shade(epochs=2, batch=2, accumulate=2), shards, tmp_path / "small")
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("large", "small"))
    for key in one:
        torch.testing.assert_close(one[key], two[key])


def test_the_running_mean_lags_behind_and_is_what_a_run_is_loaded_with(
    shards: Path, tmp_path: Path, shade: Asking
) -> None:
    from vqaprep.evaluation.trained import load_run

    run(shade(epochs=2, ema_decay=0.9), shards, tmp_path / "run")
    last, mean = (load_file(tmp_path / "run" / f"{name}.safetensors") for name in ("model", "ema"))
    assert not torch.equal(last["line.weight"], mean["line.weight"])
    loaded = load_run(tmp_path / "run").model.state_dict()
    torch.testing.assert_close(loaded["line.weight"].cpu(), mean["line.weight"], rtol=0, atol=0)


def test_a_run_starts_from_the_weights_of_another(shards: Path, tmp_path: Path, shade: Asking) -> None:
    run(shade(epochs=12), shards, tmp_path / "first")
    run(shade(epochs=1, init_from=tmp_path / "first"), shards, tmp_path / "second")
    assert losses(tmp_path / "second")[0] < losses(tmp_path / "first")[0] / 4


def test_a_checkpoint_is_whole_or_the_one_before(shards: Path, tmp_path: Path, shade: Asking) -> None:
    path = tmp_path / "run"
    run(shade(epochs=1), shards, path)
    before = (path / "state.pt").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            run(shade(epochs=2), shards, path)
    assert (path / "state.pt").read_bytes() == before
    assert [p.name for p in path.glob(".*")] == []


def test_a_batch_larger_than_the_data_is_all_of_it(shards: Path, tmp_path: Path, shade: Asking) -> None:
    run(shade(epochs=2, batch=1000), shards, tmp_path / "run")
    assert len(losses(tmp_path / "run")) == 2


@pytest.mark.parametrize(("system", "steps"), [("speediness", 2), ("ssl_v3", 3)])
def test_the_loss_of_subjects_sees_every_clip_of_an_epoch(
    shards: Path, tmp_path: Path, shade: Asking, system: str, steps: int
) -> None:
    settings = shade(system, epochs=2, batch=5)
    run(settings, shards, tmp_path / "run")
    assert len(losses(tmp_path / "run")) == 2 * steps


def test_a_kill_before_the_smaller_last_batch_changes_no_loss(shards: Path, tmp_path: Path, shade: Asking) -> None:
    settings = shade("ssl_v3", epochs=2, batch=5, checkpoint_every_s=1e-9)
    whole_and_killed(settings, shards, tmp_path, died_after=5)
    run(settings, shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_real_system_learns_in_either_number_format(
    shards: Path, tmp_path: Path, shade: Asking, monkeypatch: pytest.MonkeyPatch, precision: Any
) -> None:
    forward, found = torch.nn.Linear.forward, set[torch.dtype]()

    def watched(layer: torch.nn.Linear, x: torch.Tensor) -> torch.Tensor:
        y = forward(layer, x)
        found.add(y.dtype)
        return y

    monkeypatch.setattr(torch.nn.Linear, "forward", watched)
    last = run(shade("ssl_v3", epochs=2, batch=4, precision=precision), shards, tmp_path / "run")
    assert last["loss"] > 0
    assert (torch.bfloat16 in found) == (precision == "bf16-mixed")


def test_the_loss_scale_of_half_precision_is_kept(shards: Path, tmp_path: Path, shade: Asking) -> None:
    from types import SimpleNamespace

    from vqaprep.training import checkpoint

    held: dict[str, Any] = {}
    scaled: Any = SimpleNamespace(state_dict=lambda: {"scale": 512.0}, load_state_dict=held.update)
    model = torch.nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    checkpoint.save(tmp_path, model, optimizer, None, checkpoint.Position(1, 2, 3), precision=scaled)
    assert checkpoint.resume(tmp_path, model, optimizer, None, precision=scaled) == checkpoint.Position(1, 2, 3)
    assert held == {"scale": 512.0}


def test_a_run_goes_on_with_blocks_computed_twice(shards: Path, tmp_path: Path, shade: Asking) -> None:
    settings = shade("speediness", epochs=2, batch=4, checkpoint_every_s=1e-9)
    whole_and_killed(settings, shards, tmp_path, died_after=2)
    run(settings.model_copy(update={"recompute": True}), shards, tmp_path / "killed")
    assert curve(tmp_path / "killed") == curve(tmp_path / "whole")
