"""Between epochs a run says how well it predicts, which loss moves it, and keeps its best weights."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.stats import kendalltau, spearmanr
from torch import nn

from tests.calling import call
from tests.training.test_loop import curve, die_after, run
from vqaprep.errors import InputError
from vqaprep.evaluation.trained import load_run
from vqaprep.training import checkpoint
from vqaprep.training.agreement import Agreement, balanced_accuracy, merit
from vqaprep.training.settings import TrainSettings
from vqaprep.training.shares import gradient_shares

Asking = Callable[..., TrainSettings]


def values_of(folder: Path, phase: str, name: str) -> list[float]:
    return [float(value) for kind, _, _, called, value in curve(folder) if (kind, called) == (phase, name)]


def test_scores_are_ranked_against_opinions_and_unknown_ones_left_out() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=40)
    said = true + rng.normal(size=40)
    agreement = Agreement()
    opinions = torch.tensor([*true[:20], float("nan")])
    agreement.add({"quality": torch.tensor([*said[:20], 9.0])}, {"mos": opinions})
    agreement.add({"quality": torch.tensor(said[20:])}, {"mos": torch.tensor(true[20:])})
    found = agreement.measures()
    assert found["quality_srocc"] == pytest.approx(spearmanr(said, true).statistic)
    assert found["quality_krocc"] == pytest.approx(kendalltau(said, true).statistic)
    assert {"quality_plcc", "quality_rmse"} < found.keys()


def test_a_constant_answer_has_the_balanced_accuracy_of_chance() -> None:
    true = np.array([0.0] * 90 + [1.0] * 5 + [2.0] * 5)
    assert balanced_accuracy(np.zeros(100, np.int64), true) == pytest.approx(1 / 3)
    agreement = Agreement()
    agreement.add({"label": torch.eye(3)[[0, 0, 1, 2]]}, {"label": torch.tensor([0, 0, 1, -1])})
    assert agreement.measures() == {"label_balanced_accuracy": 1.0}


def test_predictions_without_truth_say_nothing_and_merit_is_the_loss() -> None:
    agreement = Agreement()
    agreement.add({"quality": torch.ones(4), "label": torch.ones(4, 2)}, {"clip": torch.ones(4)})
    assert agreement.measures() == {}
    assert merit({"loss": 0.5}) == -0.5
    assert merit({"loss": 0.5, "quality_srocc": 0.4, "label_balanced_accuracy": 0.6}) == pytest.approx(0.5)
    assert merit({"loss": 0.5, "quality_srocc": float("nan")}) == -0.5


def test_the_share_of_a_loss_is_that_of_its_weighted_gradient() -> None:
    line = nn.Linear(2, 1, bias=False)
    out = line(torch.tensor([[3.0, 4.0]]))[0, 0]
    other = line(torch.tensor([[0.0, 1.0]]))[0, 0]
    parts = {"loss": out + 5 * other, "near": out, "far": other, "logged": torch.tensor(3.0)}
    found = gradient_shares(parts, line)  # norms 1 x 5 and 5 x 1
    assert found == pytest.approx({"gradient_share.near": 0.5, "gradient_share.far": 0.5})
    assert gradient_shares({"loss": out, "only": out}, line) == {}
    parts["loss"].backward()  # the graph is still there
    assert line.weight.grad is not None


def test_a_run_says_how_well_it_ranks_what_it_has_and_has_not_seen(shards: Path, tmp_path: Path, shade: Asking) -> None:
    run(shade(epochs=12), shards, tmp_path / "run")
    for phase in ("val", "seen"):
        ranks = values_of(tmp_path / "run", phase, "quality_srocc")
        assert len(ranks) == 12
        assert ranks[-1] > 0.8


def test_the_best_weights_are_kept_beside_the_last(shards: Path, tmp_path: Path, shade: Asking) -> None:
    settings = shade(epochs=4, lr=0.01, schedule="constant")
    run(settings, shards, tmp_path / "run")
    best = json.loads((tmp_path / "run" / "best.json").read_text())
    ranks = values_of(tmp_path / "run", "val", "quality_srocc")
    assert best["merit"] == pytest.approx(max(ranks), rel=1e-6)
    assert best["epoch"] == int(np.argmax(ranks))
    kept = load_file(tmp_path / "run" / "best.safetensors")
    loaded = load_run(tmp_path / "run", epoch="best").model.state_dict()
    assert all(torch.equal(kept[name], loaded[name]) for name in kept)


def test_a_killed_run_keeps_the_best_weights_of_an_unbroken_one(shards: Path, tmp_path: Path, shade: Asking) -> None:
    settings = shade(epochs=3)
    run(settings, shards, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        die_after(patch, 5)
        run(settings, shards, tmp_path / "killed")
    run(settings, shards, tmp_path / "killed")
    for name in ("best.json", "best.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "lost": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "one bit": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
}


def test_damaged_best_weights_of_a_complete_run_are_named_with_the_remedy(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    tiny: list[str | Path] = ["--preset", "tiny", "--set", "size_px=32", "--set", "num_frames=8", "--set", "w_ctr=0"]
    few = ["--epochs", "1", "--batch", "4", "--loader-workers", "0"]
    command = ["train", "speediness", shards, "-o", out, *tiny, *few]
    assert call(*command) == 0
    kept = (out / "best.safetensors").read_bytes()
    for name in ("lost", "one bit", "one bit"):  # the second time shows that the first left the run unfinished
        (out / "best.safetensors").write_bytes(kept)
        DAMAGES[name](out / "best.safetensors")
        capsys.readouterr()
        assert call(*command) != 0
        said = "".join(capsys.readouterr())
        assert "best.safetensors is" in said and "--force" in said and "already done" not in said
    (out / "best.safetensors").write_bytes(kept)
    assert call(*command) == 0 and call(*command) == 0
    assert "already done" in "".join(capsys.readouterr())


@pytest.mark.parametrize("damage", list(DAMAGES))
def test_a_damaged_description_of_the_best_weights_is_made_again(
    shards: Path, tmp_path: Path, shade: Asking, damage: str
) -> None:
    run(shade(epochs=2), shards, tmp_path / "run")
    described = tmp_path / "run" / "best.json"
    whole = described.read_bytes()
    described.write_bytes(b"{" * 200)
    DAMAGES[damage](described)
    run(shade(epochs=2), shards, tmp_path / "run")
    assert described.read_bytes() == whole


def test_a_run_that_starts_over_takes_no_best_weights_for_its_own(shards: Path, tmp_path: Path, shade: Asking) -> None:
    run(shade(epochs=2), shards, tmp_path / "run")
    whole = (tmp_path / "run" / "best.safetensors").read_bytes()
    DAMAGES["half"](tmp_path / "run" / "best.safetensors")
    (tmp_path / "run" / "state.pt").unlink()
    run(shade(epochs=2), shards, tmp_path / "run")
    assert (tmp_path / "run" / "best.safetensors").read_bytes() == whole


def test_best_weights_that_were_never_kept_are_asked_for_in_vain(tmp_path: Path) -> None:
    line = nn.Linear(2, 1)
    checkpoint.save(tmp_path, line, torch.optim.SGD(line.parameters(), lr=1), None, checkpoint.Position())
    with pytest.raises(InputError, match="no split val; leave out --epoch best"):
        checkpoint.load_weights(tmp_path, line, epoch="best")
