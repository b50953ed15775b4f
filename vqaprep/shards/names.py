"""Names in a shard folder: the version of its records, and of the views. All samples have files of the same names.

Readers such as Ray Data and Hugging Face `datasets` make a column of each name. What is drawn for a sample
(the level, or which distortions it has) must therefore not be part of a name. It is in the sample's JSON.
"""

from collections import Counter
from collections.abc import Sequence

from vqaprep.rows import Clip

VERSION = 3
"""The version of a sample's JSON, see `record`; a plan depends on it, as the bytes of its shards do."""
_DISTORTED = "distorted"


def view_names(scenes: Sequence[Sequence[Clip]]) -> list[tuple[str, ...]]:
    """Return the name of each clip's view, such as `query.none`, for the clips of each scene.

    A distorted view has the name of its kind (`query.contrast`). Where a scene has several levels of a
    kind, it has the level too (`query.contrast-2`). Where scenes differ in these names, because their
    kinds or several of their levels were drawn, views are numbered in their order: `query.distorted-1`.
    """
    by_kind = [_by_kind(clips) for clips in scenes]
    roles = {clip.role for clips in scenes for clip in clips}
    of_role = {role: {tuple(n for n in names if n.startswith(f"{role}.")) for names in by_kind} for role in roles}
    is_alike = all(len(names - {()}) == 1 for names in of_role.values())
    return by_kind if is_alike else [_by_place(clips) for clips in scenes]


def _by_kind(clips: Sequence[Clip]) -> tuple[str, ...]:
    num_levels = Counter((clip.role, clip.distortion) for clip in clips)
    return tuple(
        f"{clip.role}.{clip.distortion if num_levels[clip.role, clip.distortion] == 1 else clip.variant}"
        for clip in clips
    )


def _by_place(clips: Sequence[Clip]) -> tuple[str, ...]:
    places = Counter[str]()
    names = []
    for clip in clips:
        is_reference = clip.distortion == "none"
        places[clip.role] += not is_reference
        names.append(f"{clip.role}.{'none' if is_reference else f'{_DISTORTED}-{places[clip.role]}'}")
    return tuple(names)
