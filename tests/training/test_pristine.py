"""The pristine corpus: drawn alike at every call, used while training, and fitted whole at the end."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.films import picture, write_film
from tests.made import Inline, look
from vqaprep.detect.observations import Observations
from vqaprep.errors import InputError
from vqaprep.evaluation.trained import load_run
from vqaprep.media.probe import probe
from vqaprep.rows import Clip
from vqaprep.shards.make import make_shards
from vqaprep.shards.settings import ShardSettings
from vqaprep.stages.speed import Speed
from vqaprep.training.loop import train
from vqaprep.training.pristine import Pristine, pristine_for
from vqaprep.training.settings import TrainSettings

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def fragments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films in two fragment draws, every second one without a score."""
    folder = tmp_path_factory.mktemp("fragments")
    clips: list[Clip] = []
    for number in range(6):
        path = write_film(folder / f"{number}.mp4", [picture(i, shade=40 + 20 * number) for i in range(12)])
        row = probe(str(path), split="train", mos=None if number % 2 else 1 + number / 2)
        cut = Speed(num_frames=8, clips=1)(row, Observations(look=look(12)), np.random.default_rng(number))
        clips += [one for one in cut if isinstance(one, Clip)]
    settings = ShardSettings(spatial="fragments", fragment_draws=2)
    make_shards(clips, folder, settings, Inline(), lambda *_: None)
    return folder


def test_an_epoch_draws_alike_and_another_elsewise(fragments: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqaprep.training.pristine._DRAWN_CLIPS", 2)
    one, two = (Pristine(fragments, seed=0, crop_px=32) for _ in range(2))
    assert one.drawn(3, CPU).shape == (2, 3, 8, 32, 32)
    assert one.drawn(3, CPU) is one.drawn(3, CPU), "moved once an epoch"
    assert torch.equal(one.drawn(3, CPU), two.drawn(3, CPU))
    assert any(not torch.equal(one.drawn(3, CPU), two.drawn(epoch, CPU)) for epoch in range(4))


def test_ssl_vqa_learns_from_scored_and_unscored_clips_beside_a_corpus(fragments: Path, tmp_path: Path) -> None:
    values: dict[str, Any] = {"preset": "tiny", "accelerator": "cpu", "loader_workers": 0, "crop_px": 32}
    values |= {"epochs": 1, "batch": 3}
    (tmp_path / "run").mkdir()
    last = train(TrainSettings(system="ssl_vqa", pristine=fragments, **values), fragments, tmp_path / "run", seed=0)
    assert set(last) >= {"supervised", "consistency", "transfer"}
    model: Any = load_run(tmp_path / "run").model
    kept = model.pristine_mean.clone()
    Pristine(fragments, seed=5, crop_px=32).fit_all(model)
    torch.testing.assert_close(kept, model.pristine_mean)
    assert kept.any()


def test_a_corpus_is_refused_where_nothing_measures_it(fragments: Path) -> None:
    with pytest.raises(InputError, match="dualpath_vqa measures no distance to a corpus; leave it out"):
        pristine_for("dualpath_vqa", fragments, seed=0, crop_px=None)
    assert pristine_for("ssl_vqa", None, seed=0, crop_px=None) is None
    with pytest.raises(InputError, match="under crop_px=500"):
        Pristine(fragments, seed=0, crop_px=500).drawn(0, CPU)
