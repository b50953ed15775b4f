"""The records that travel: one row is one video (or one variant of it), later one clip."""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

Role = Literal["query", "key"]
Pixels = Literal["square", "stored"]
Deinterlace = Literal["off", "frame", "field"]
OnDamage = Literal["skip", "drop"]
Cell = str | int | float | bool
Extra = tuple[tuple[str, Cell], ...]
"""Further columns of a user's table: (name, value) in the order of the table, without those that are empty."""

REASONS: dict[str, str] = {
    "unreadable": "the container or codec could not be opened",
    "no_video": "the file has no video stream",
    "truncated": "the file ends before its own header says",
    "corrupt": "the decoder met damaged data",
    "changed": "the file is not the one that was scanned, or changed while it was read",
    "timeout": "decoding made no progress, or ran past the time limit",
    "crashed": "work on this video raised an unexpected error, or its process died",
    "duplicate": "the same bytes are already in the manifest under another path",
    "too_short": "too few frames are left for one clip",
    "too_large": "the picture, or a clip of its size, takes more memory than --max-memory-mb allows",
    "too_small": "the picture is smaller than the spatial mode needs",
    "no_face": "no face was found where one is needed",
    "face_too_small": "the participant's face is under the smallest size asked for",
    "subject_ambiguous": "the participant cannot be told from others with confidence",
    "subject_changed": "the tracked face does not stay the same person",
    "no_motion": "the picture moves too little to show a change of speed",
    "shot_cut": "every window would span a cut",
    "gap": "every window would span a gap in time: a pause, an outage or lost frames",
    "frozen": "every window would lie in repeated frames",
    "span_excluded": "nothing is left between head and tail",
    "not_selected": "the video was not asked for",
    "no_label": "the label that the task needs is missing",
    "unsupported": "the video has a property that this stage cannot treat",
    "away": "the file could not be reached: no verdict, the same command tries it again",
}

UNSETTLED = frozenset({"crashed", "timeout"})
"""Reasons that say more of the process than of the video: a run with such drops ends with exit code 1, and the same
command tries them again."""
AWAY = "away"
"""The reason that never gets into a manifest: a run that meets it is not complete."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time [start_s, end_s)."""

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not self.end_s >= self.start_s:
            raise ValueError(f"a span ends before it starts: [{self.start_s}, {self.end_s})")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    def __contains__(self, t_s: float) -> bool:
        return self.start_s <= t_s < self.end_s

    def intersect(self, other: "Span") -> "Span":
        """Return the part shared with `other`; empty (zero length) when there is none."""
        start_s = max(self.start_s, other.start_s)
        return Span(start_s, max(start_s, min(self.end_s, other.end_s)))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in displayed pixels: left, top, width, height."""

    x_px: float
    y_px: float
    w_px: float
    h_px: float

    @property
    def center_px(self) -> tuple[float, float]:
        """Middle point (x, y)."""
        return self.x_px + self.w_px / 2, self.y_px + self.h_px / 2

    @property
    def area_px(self) -> float:
        """Area in square pixels."""
        return max(self.w_px, 0.0) * max(self.h_px, 0.0)

    def iou(self, other: "Box") -> float:
        """Return intersection over union with `other`, in [0, 1]."""
        w = min(self.x_px + self.w_px, other.x_px + other.w_px) - max(self.x_px, other.x_px)
        h = min(self.y_px + self.h_px, other.y_px + other.h_px) - max(self.y_px, other.y_px)
        inside = max(w, 0.0) * max(h, 0.0)
        union = self.area_px + other.area_px - inside
        return inside / union if union > 0 else 0.0


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """The crop at one moment: a box in displayed pixels and the detector's score there."""

    t_s: float
    x_px: float
    y_px: float
    w_px: float
    h_px: float
    score: float

    @property
    def box(self) -> Box:
        """The rectangle alone."""
        return Box(self.x_px, self.y_px, self.w_px, self.h_px)


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One source video, or one distorted variant of it.

    Sizes are as displayed: turned upright as `orientation` says, with square pixels unless `pixels` is `stored`.
    `pixel_aspect` is width over height of a pixel as stored.
    """

    video_id: str
    uri: str
    sha256: str
    num_bytes: int
    container: str
    codec: str
    width_px: int
    height_px: int
    rate_fps: float
    num_frames: int
    duration_s: float
    start_s: float = 0.0
    is_vfr: bool = False
    num_gaps: int = 0
    stream_index: int | None = None
    num_video_streams: int = 1
    orientation: str = "upright"
    pixel_aspect: float = 1.0
    pixels: Pixels = "square"
    is_interlaced: bool = False
    deinterlace: Deinterlace = "off"
    on_damage: OnDamage = "skip"
    num_damaged_frames: int | None = None
    dataset: str | None = None
    subject_id: str | None = None
    label: str | None = None
    theme: str | None = None
    mos: float | None = None
    mos_std: float | None = None
    group_id: str | None = None
    split: str | None = None
    fold: int | None = None
    keep_start_s: float | None = None
    keep_end_s: float | None = None
    usable_spans: tuple[Span, ...] | None = None
    crop_track: tuple[TrackPoint, ...] | None = None
    subject_name: str | None = None
    subject_rule: str | None = None
    subject_decided_by: str | None = None
    distortion: str = "none"
    level: int = 0
    extra: Extra = ()

    @property
    def id(self) -> str:
        """Name of this row in drops and messages."""
        return self.variant_id

    @property
    def variant_id(self) -> str:
        """Name of the variant that this row is, or that its clip is cut from."""
        return self.video_id if self.distortion == "none" else f"{self.video_id}:{self.variant}"

    @property
    def variant(self) -> str:
        """Name of the view made from this variant, such as `none` or `h264-2`."""
        return self.distortion if self.level == 0 else f"{self.distortion}-{self.level}"

    @property
    def keep(self) -> Span:
        """The stretch that trim kept, or the whole video, in presentation time."""
        start_s = self.start_s if self.keep_start_s is None else self.keep_start_s
        end_s = self.start_s + self.duration_s if self.keep_end_s is None else self.keep_end_s
        return Span(start_s, end_s)

    @property
    def spans(self) -> tuple[Span, ...]:
        """The stretches that clips may be cut from."""
        return (self.keep,) if self.usable_spans is None else self.usable_spans

    def having(self, **changes: Any) -> Self:
        """Return a copy with these columns changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(Video):
    """One clip of one variant: source `frames` in presentation order, their places on the clock, their own times."""

    clip_id: str
    scene_id: str
    role: Role = "query"
    frames: tuple[int, ...]
    ticks: tuple[int, ...]
    times_s: tuple[float, ...]
    task: str = "none"
    interval: int = 1
    pool: int = 1
    rate_first: int = 1
    rate_second: int = 1
    change_index: int | None = None
    speed_class: int | None = None
    localization_class: int | None = None
    motion: float = 0.0

    @property
    def id(self) -> str:
        """Name of this row in drops and messages."""
        return self.clip_id


Row = Video | Clip
COLUMN_NAMES = frozenset(column.name for column in fields(Clip)) - {"extra"}
"""Names of all columns of ours."""


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


def as_clip(video: Video, **columns: Any) -> Clip:
    """Return a clip that carries all columns of `video` and these of its own."""
    return Clip(**{f.name: getattr(video, f.name) for f in fields(Video)}, **columns)
