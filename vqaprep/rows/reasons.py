"""Why a row does not go on: the codes of the reasons, and the record of a drop."""

from dataclasses import dataclass, field

REASONS: dict[str, str] = {
    "unreadable": "the container or codec could not be opened",
    "no_video": "the file has no video stream",
    "truncated": "the file ends before its own header says",
    "corrupt": "the decoder met damaged data",
    "changed": "the file is not the one that was scanned, or changed while it was read",
    "timeout": "decoding made no progress, or exceeded the time limit",
    "crashed": "work on this video raised an unexpected error, or its process died",
    "duplicate": "the same bytes are already in the manifest under another path",
    "too_short": "too few frames are left for one clip",
    "too_large": "the picture, or a clip of its size, takes more memory than --max-memory-mb allows",
    "too_small": "the picture is smaller than the spatial mode needs",
    "no_face": "no face was found where one is needed",
    "face_too_small": "the participant's face is under the smallest size asked for",
    "subject_ambiguous": "the participant cannot be identified with confidence",
    "subject_changed": "the tracked face does not stay the same person",
    "no_motion": "the picture moves too little to show a change of speed",
    "shot_cut": "every window would span a cut",
    "gap": "every window would span a gap in time: a pause, an outage or lost frames",
    "frozen": "every window would lie in repeated frames",
    "span_excluded": "nothing is left between head and tail",
    "not_selected": "the video was not asked for",
    "no_label": "the label that the task needs is missing",
    "unsupported": "the video has a property that this stage cannot treat",
    "away": "the file could not be reached; the same command tries it again",
}

UNSETTLED = frozenset({"crashed", "timeout"})
"""Reasons that say more of the process than of the video: a run with such drops ends with exit code 1, and the same
command tries them again."""
AWAY = "away"
"""A reason that is never in a finished manifest: a run with such files is not complete."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that does not go on: its id, the stage, the reason (a code of `REASONS`), the decoder's words, its file."""

    id: str
    stage: str
    reason: str
    detail: str = ""
    uri: str = field(default="", compare=False)
    """Address of the file as the rows have it, a pseudonym where they have one; empty until it is looked up by `id`."""

    def __post_init__(self) -> None:
        if self.reason not in REASONS:
            raise ValueError(f"unknown drop reason {self.reason!r}; known: {', '.join(sorted(REASONS))}")
