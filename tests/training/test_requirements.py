"""A run is sized to its shards, and labels that cannot be classes are refused before any work."""

from pathlib import Path
from typing import Any

import pytest

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.training.examples.clip import Clip
from vqaprep.training.requirements import requirements
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import restore_settings


def requirements_of(shards: Path, system: str = "ssl_v3", *changes: str) -> Any:
    return requirements(TrainSettings(system=system, preset="tiny", set=changes), shards)


def relabelled(monkeypatch: pytest.MonkeyPatch, labels: list[Any]) -> None:
    """Give the videos of a shard folder other labels, in order of the samples, of which each video has two."""
    column = ShardReader.column

    def changed(reader: ShardReader, name: str) -> list[Any]:
        return [labels[i // 2] for i in range(len(reader))] if name == "label" else column(reader, name)

    monkeypatch.setattr(ShardReader, "column", changed)


def test_a_classifier_is_sized_to_the_labels(shards: Path) -> None:
    ask, settings = requirements_of(shards)
    assert (ask.classes, ask.needs, settings.num_classes, settings.num_subjects) == (("x", "y"), "label", 2, 8)
    assert requirements_of(shards, "dualpath_vqa")[0].needs == "mos"


def test_what_training_draws_is_set_with_the_system(shards: Path) -> None:
    ask, _ = requirements_of(shards, "speediness", "same_batch=true", "change_jitter=2")
    assert (ask.same_batch, ask.change_jitter, ask.classes_first) == (True, 2, False)
    ask, settings = requirements_of(shards, "st_vqrl", "view=temporal")
    assert (ask.view, ask.num_frames, settings.num_frames) == ("temporal", 4, 4)


def test_settings_of_another_version_are_refused_by_name() -> None:
    assert restore_settings(Clip, {"classes": ["a", "b"]}).classes == ("a", "b")
    with pytest.raises(InputError, match="it has depth, tint, which this version"):
        restore_settings(Clip, {"tint": 1, "depth": 2})


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([None] * 8, "the samples have no label; is `label` the right column"),
        (["x"] * 8, r"the samples have \['x'\]; is `label` the right column"),
        ([f"film {n}" for n in range(8)], "each of 8 videos has a label of its own, such as 'film 0'"),
    ],
)
def test_labels_that_cannot_be_classes_are_refused(
    shards: Path, monkeypatch: pytest.MonkeyPatch, labels: list[Any], said: str
) -> None:
    relabelled(monkeypatch, labels)
    with pytest.raises(InputError, match=said):
        requirements_of(shards)
    assert requirements_of(shards, "speediness")[0].task == "fine"
