"""Plan a test: which videos are rated, which are practice, which are hidden references, and which pairs are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from vqaprep.datasets.grid import KEY
from vqaprep.datasets.matching import VideoIndex
from vqaprep.datasets.tables import read_table
from vqaprep.errors import InputError, unknown_name

_VIDEO = ("video_name", "video", "file", "path", "filename")
_COLUMNS = ("video_name", "reference", "training")
_YES, _NO = ("yes", "true", "1", "y"), ("", "no", "false", "0", "n")


@dataclass(frozen=True, slots=True)
class Stimulus:
    """A video of a test.

    `name`: what it is called in the answers. `reference`: the name of its hidden reference, its own where it is one.
    """

    name: str
    reference: str | None = None
    is_training: bool = False


def plan_of(names: Sequence[str], table: Path | None) -> list[Stimulus]:
    """Return the stimuli of a test: all videos, or those of a table `video_name, reference, training`.

    A reference that no row of its own names is rated too: it is hidden among the others, as ITU-T P.910 has it.

    Raises:
        InputError: the table cannot be read, names a video that is not there, or says something that is not allowed.
    """
    if table is None:
        return [Stimulus(name) for name in names]
    records = read_table(table, known=_column).records
    for name in records[0].cells if records else ():
        if _column(name) is None:
            raise unknown_name(f"column of {table}", name, _COLUMNS)
    index = VideoIndex(names)
    stimuli: dict[str, Stimulus] = {}
    for record in records:
        cells = {_column(name): text.strip() for name, text in record.cells.items()}
        video = _matched_video(index, cells.get(KEY, ""), record.where)
        reference = _matched_video(index, cells["reference"], record.where) if cells.get("reference") else None
        training = cells.get("training", "").casefold()
        if training not in (*_YES, *_NO):
            raise InputError(f"{record.where}: training is {training!r}; allowed are yes and no")
        stimuli[video] = Stimulus(video, reference, training in _YES)
    for reference in [one.reference for one in stimuli.values() if one.reference and not one.is_training]:
        stimulus = stimuli.get(reference)
        stimuli[reference] = Stimulus(reference, reference, stimulus.is_training if stimulus else False)
    if not any(not one.is_training for one in stimuli.values()):
        raise InputError(f"{table} names no video to rate; rows with training=yes are practice only")
    return list(stimuli.values())


def all_pairs(stimuli: Sequence[Stimulus]) -> list[tuple[str, str]]:
    """Return every pair of one content: of videos with one reference, or of all where none is named."""
    tested = [one for one in stimuli if not one.is_training]
    return [(a.name, b.name) for a, b in combinations(tested, 2) if a.reference == b.reference]


def chosen_pairs(stimuli: Sequence[Stimulus], num: int, choices: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return `num` pairs that say most after the `choices` (chosen, other) that were made already.

    Raises:
        InputError: a choice is about a video that is not in the test.
    """
    from vqaprep.rating.answers import wins_of
    from vqaprep.rating.choice import next_pairs

    names = [one.name for one in stimuli if not one.is_training]
    place = {name: number for number, name in enumerate(names)}
    for name in (name for pair in choices for name in pair):
        if name not in place:
            raise InputError(f"the answers are about {name!r}, which is not in this test; give the videos of that test")
    is_allowed = np.zeros((len(names), len(names)), bool)
    for first, second in all_pairs(stimuli):
        is_allowed[place[first], place[second]] = is_allowed[place[second], place[first]] = True
    if not is_allowed.any():
        raise InputError("no two videos have one reference; name the same reference for those that are to be compared")
    pairs = next_pairs(wins_of(choices, names), num, is_allowed=is_allowed)
    return [(names[first], names[second]) for first, second in pairs]


def references_of(stimuli: Sequence[Stimulus]) -> Mapping[str, str]:
    """Return the hidden reference of each video that has one and is none."""
    return {one.name: one.reference for one in stimuli if one.reference and one.reference != one.name}


def _column(name: str) -> str | None:
    plain = name.strip().casefold().replace(" ", "_")
    return KEY if plain in _VIDEO else plain if plain in _COLUMNS else None


def _matched_video(index: VideoIndex, name: str, where: str) -> str:
    video = index.find(name, where=where) if name else None
    if video is None:
        raise InputError(f"{where}: {name!r} is none of the videos; write the end of its path, or remove the row")
    return video
