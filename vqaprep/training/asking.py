"""What a run asks of its shards: settled once from the system, its settings and what the index holds."""

import dataclasses
from pathlib import Path
from typing import Any

from vqaprep.errors import InputError
from vqaprep.shards.read import ShardReader
from vqaprep.speed_tasks import DRAWN_TASKS
from vqaprep.training.settings import TrainSettings
from vqaprep.training.systems import load_module, model_settings
from vqaprep.training.views import Ask


def ask_for(settings: TrainSettings, shards: Path) -> tuple[Ask, Any]:
    """Return (what examples are, the model's settings), sized to the labels and clips in `shards`.

    Raises:
        InputError: the shards are unfinished or empty, their labels cannot be classes, or a setting is unknown.
    """
    reader = ShardReader(shards)
    if not len(reader):
        raise InputError(f"{shards} holds no sample; see dropped.parquet there")
    views = load_module(settings.system).Model.views
    classes = _classes(reader)
    subjects = _subjects(reader) if settings.system == "ssl_v3" else ()
    first = reader.record(0)["views"][0]
    found: dict[str, Any] = {"num_subjects": max(len(subjects), 1)}
    if len(classes) > 1:
        found["num_classes"] = len(classes)
    if first["task"] in DRAWN_TASKS:
        found |= {"task": first["task"], "pool": first["pool"], "num_frames": len(first["frames"])}
    elif first["task"] == "none":
        found["num_frames"] = len(first["frames"])
    if getattr(model_settings(settings.system, settings.preset, settings.set), "view", None) == "temporal":
        found["num_frames"] = len(first["frames"]) // 2
    chosen = model_settings(settings.system, settings.preset, settings.set, **found)
    if hasattr(chosen, "num_classes"):
        _check_classes(classes, reader, settings.system)
    shared = {one.name: getattr(chosen, one.name) for one in dataclasses.fields(Ask) if hasattr(chosen, one.name)}
    known = {"task": "pace", "pool": first["pool"]} | shared
    ask = Ask(
        views=views,
        target=settings.target,
        classes=classes,
        subjects=subjects,
        needs="label" if hasattr(chosen, "num_classes") else "mos",
        versions=getattr(chosen, "num_versions", 10),
        segments=getattr(chosen, "num_segments", 8),
        **known,
    )
    return ask, chosen


def _classes(reader: ShardReader) -> tuple[str, ...]:
    return tuple(sorted({name for name in reader.column("label") if name is not None}))


def _check_classes(classes: tuple[str, ...], reader: ShardReader, system: str) -> None:
    """Refuse labels that tell nothing apart, or each video from all others."""
    remedy = "is `label` the right column? `vqaprep scan --labels` sets it"
    if len(classes) < 2:
        raise InputError(f"{system} tells classes apart, and the samples have {list(classes) or 'no label'}; {remedy}")
    labels, videos = reader.column("label"), reader.column("video_id")
    num_videos = len({video for video, label in zip(videos, labels, strict=True) if label is not None})
    if len(classes) == num_videos > 2:
        raise InputError(f"each of {num_videos} videos has a label of its own, such as {classes[0]!r}; {remedy}")


def _subjects(reader: ShardReader) -> tuple[str, ...]:
    columns = zip(*(reader.column(name) for name in ("subject_id", "group_id", "video_id")), strict=True)
    return tuple(sorted({str(subject or group or video) for subject, group, video in columns}))
