"""Derive the settings of a system and its kind of example from the index of a shard folder."""

from pathlib import Path
from typing import Any

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.training import examples
from vqaprep.training.examples import DataFacts, Kind
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import Contract, contract_of, model_settings


def requirements(settings: TrainSettings, shards: Path) -> tuple[Kind, Any]:
    """Return (the kind of example, the system's settings), sized to the labels and clips in `shards`.

    Raises:
        InputError: the shards are unfinished or empty, their labels cannot be classes, or a setting is unknown.
    """
    reader = ShardReader(shards)
    if not len(reader):
        raise InputError(f"{shards} holds no sample; see dropped.parquet there")
    contract = contract_of(settings.system)
    kind = examples.get(contract.example)
    first_view = reader.record(0)["views"][0]
    facts = _facts(settings, reader, contract, pool=first_view["pool"])
    preset = model_settings(settings.system, settings.preset, settings.set)
    # A system has room for one subject at least, also where it reads none.
    sizes: dict[str, Any] = {"num_subjects": max(len(facts.subjects), 1)} | kind.sizes(first_view, preset)
    if len(facts.classes) > 1:
        sizes["num_classes"] = len(facts.classes)
    chosen = model_settings(settings.system, settings.preset, settings.set, **sizes)
    if contract.needs == "label":
        _check_classes(facts.classes, reader, settings.system)
    return kind.of(chosen, facts), chosen


def _facts(settings: TrainSettings, reader: ShardReader, contract: Contract, *, pool: int) -> DataFacts:
    classes = tuple(sorted({name for name in reader.column("label") if name is not None}))
    subjects = _subjects(reader) if contract.uses_subjects else ()
    return DataFacts(settings.target, contract.needs, classes, subjects, pool)


def _check_classes(classes: tuple[str, ...], reader: ShardReader, system: str) -> None:
    """Refuse labels that are one class, or a class of its own for each video."""
    remedy = "is `label` the right column? `vqaprep scan --labels` sets it"
    if len(classes) < 2:
        raise InputError(f"{system} tells classes apart, and the samples have {list(classes) or 'no label'}; {remedy}")
    labels, videos = reader.column("label"), reader.column("video_id")
    num_videos = len({video for video, label in zip(videos, labels, strict=True) if label is not None})
    # Two videos of two classes may be a toy set; with three or more, a label per video is most likely a name.
    if len(classes) == num_videos > 2:
        raise InputError(f"each of {num_videos} videos has a label of its own, such as {classes[0]!r}; {remedy}")


def _subjects(reader: ShardReader) -> tuple[str, ...]:
    columns = zip(*(reader.column(name) for name in ("subject_id", "group_id", "video_id")), strict=True)
    return tuple(sorted({str(subject or group or video) for subject, group, video in columns}))
