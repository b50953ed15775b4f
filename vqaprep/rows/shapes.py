"""Stretches of time and rectangles of pixels, which rows hold."""

from dataclasses import dataclass


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
