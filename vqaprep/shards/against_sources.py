"""Verify the stored pixels of a shard folder: render its clips again from the videos, and compare."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained
from vqaprep.rows import Clip
from vqaprep.shards.index import check_index, read_index
from vqaprep.shards.pack import pack
from vqaprep.shards.render import render
from vqaprep.shards.scenes import Scene, SourceScenes, lean, sources_of
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.verify import Problem
from vqaprep.shards.write import SHARDS
from vqaprep.storage.folder import folder_at

_Place = tuple[int, int]
_CHOSEN = ("member", "measures")  # the name depends on all clips of the folder; measures compare two stored views


@dataclass(frozen=True, slots=True)
class Proof:
    """One video to be rendered again: its scenes, and the tar and places, (offset, size), of each stored sample."""

    source: SourceScenes
    folder: Path
    settings: ShardSettings
    stored: Mapping[str, tuple[str, tuple[_Place, ...]]]


def proofs(folder: Path, clips: Sequence[Clip], settings: ShardSettings) -> list[Proof]:
    """Return the work of comparing all stored `clips`, an item for each video.

    Raises:
        IntegrityError: the index is damaged.
    """
    table = read_index(folder, ["shard", "key", "json_offset", "json_size", "offsets", "sizes"])
    check_index(table)
    stored = {
        row["key"]: (
            row["shard"],
            ((row["json_offset"], row["json_size"]), *zip(row["offsets"], row["sizes"], strict=True)),
        )
        for row in table.to_pylist()
    }
    plain = settings.model_copy(update={"measure": ()})
    sources = sources_of([lean(clip, settings) for clip in clips], plain)
    return [
        Proof(one, folder, plain, {scene.key: stored[scene.key] for scene in one.scenes if scene.key in stored})
        for one in sources
    ]


def prove(proof: Proof) -> list[Problem]:
    """Render the scenes of one video, and return the samples whose stored bytes are not what it shows."""
    problems: list[Problem] = []
    waiting = list(proof.source.scenes)
    try:
        with contained():
            for rendered in render(proof.source, proof.source.scenes, proof.settings):
                scene = waiting.pop(0)
                if rendered.dropped:
                    said = rendered.dropped[0]
                    problems.append(_problem(proof, scene, f"its clips cannot be rendered again: {said.reason}"))
                    continue
                packed, _, _ = pack(rendered, proof.settings)
                made = [packed.record, *(data for _, data in packed.members)]
                problems += [_problem(proof, scene, what) for what in _differences(proof, scene, made)]
    except MediaError as error:
        problems.append(Problem(proof.source.uri, None, f"{len(waiting)} samples could not be compared: {error}"))
    return problems


def _problem(proof: Proof, scene: Scene, what: str) -> Problem:
    tar = proof.stored[scene.key][0] if scene.key in proof.stored else SHARDS
    return Problem(tar, scene.key, f"{what} ({proof.source.uri})")


def _differences(proof: Proof, scene: Scene, made: Sequence[bytes]) -> Iterator[str]:
    """Say in what a stored sample differs from what its video gives: `made` is its JSON, and each view's bytes."""
    if scene.key not in proof.stored:
        yield "the sample is missing"
        return
    tar, places = proof.stored[scene.key]
    stored = [_read(proof.folder / SHARDS / tar, *place) for place in places]
    if len(stored) != len(made):
        yield f"it holds {len(stored) - 1} views, its source gives {len(made) - 1}"
        return
    ours, theirs = (_described(data) for data in (made[0], stored[0]))
    if ours != theirs:
        changed = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
        yield f"its JSON does not say what the manifest gives: {', '.join(changed)}"
    for view, ours_bytes, theirs_bytes in zip(_views(made[0]), made[1:], stored[1:], strict=True):
        if ours_bytes != theirs_bytes:
            yield f"the pixels of {view['role']} {view['distortion']} are not those of its source"


def _read(path: Path, start: int, size: int) -> bytes:
    return bytes(folder_at(path.parent).read_range(path.name, start, size))


def _described(data: bytes) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(data)
        views = [{name: value for name, value in view.items() if name not in _CHOSEN} for view in record["views"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}
    return record | {"views": views}


def _views(data: bytes) -> list[dict[str, Any]]:
    views: list[dict[str, Any]] = json.loads(data)["views"]
    return views
