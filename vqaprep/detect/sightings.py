"""The detections in a video: faces and captions with time and place, and when the detectors looked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from vqaprep.rows import Box, parquet
from vqaprep.storage.durable import durable

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face, in displayed pixels.

    Attributes:
        t_s: presentation time of the frame it was seen in.
        frame: index of that frame in presentation order.
        box: tight box of the face.
        score: detector's confidence in [0, 1].
        landmarks: eyes, nose, mouth corners (x, y); empty where the detector gives none.
        appearance: square roots of colour histograms, as bytes (`detect/appearance.py`); how it looks, not who it is.
    """

    t_s: float
    frame: int
    box: Box
    score: float
    landmarks: tuple[Point, ...] = ()
    appearance: bytes = b""


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle that may be the tile which a caption names.

    Attributes:
        box: the rectangle.
        cost: what edges lack to it, 0 is nothing; about 1 is a side that is not there, or a line that would split it.
        flatness: share of its pixels with nearly the same luma: high where a camera is off.
    """

    box: Box
    cost: float
    flatness: float


@dataclass(frozen=True, slots=True)
class Caption:
    """One line of text read in one frame, in displayed pixels.

    Attributes:
        t_s: presentation time of the frame.
        frame: index of that frame in presentation order.
        text: what was read.
        score: the reader's confidence in [0, 1].
        box: around the text.
        tile: the part of the picture around it that no straight edge divides; None where not looked for.
        tiles: rectangles that may be its tile, by edges that stay over time, the best first.
        still_s: later looks for faces at which it was still there, sign for sign, until something was read again.
        is_moving: whether it was looked for at such times, and never found in its place: no name of a tile.
    """

    t_s: float
    frame: int
    text: str
    score: float
    box: Box
    tile: Box | None = None
    tiles: tuple[Tile, ...] = ()
    still_s: tuple[float, ...] = ()
    is_moving: bool = False


@dataclass(frozen=True, slots=True)
class Sightings:
    """All faces and captions of a video, ordered by time.

    `face_times_s` and `caption_times_s` are the moments at which each detector looked: a moment without
    an entry is one where nothing was there.
    """

    faces: tuple[Face, ...] = ()
    captions: tuple[Caption, ...] = ()
    face_times_s: tuple[float, ...] = ()
    caption_times_s: tuple[float, ...] = ()

    def save(self, path: Path) -> None:
        """Write as one Parquet table, durably, readable by its owner only."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = _schema()
        parts = [pa.RecordBatch.from_pylist(rows, schema) for rows in _batched(self._rows())]
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with durable(path, mode=0o600) as temporary:
            pq.write_table(pa.Table.from_batches(parts, schema), temporary, write_page_checksum=True)

    @classmethod
    def load(cls, path: Path) -> "Sightings":
        """Read what `save` wrote."""
        kinds: dict[str, list[Any]] = {"face": [], "caption": [], "face_time": [], "caption_time": []}
        for batch in parquet.read(path).select(list(_COLUMNS)).to_batches(max_chunksize=_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                kinds[row["kind"]].append(_MADE_OF[row["kind"]](row))
        return cls(*(tuple(kinds[kind]) for kind in ("face", "caption", "face_time", "caption_time")))

    def _rows(self) -> Iterator[dict[str, Any]]:
        for face in self.faces:
            landmarks = [value for point in face.landmarks for value in point]
            yield _row("face", face, landmarks=landmarks, appearance=face.appearance)
        yield from map(_caption_row, self.captions)
        yield from ({"kind": "face_time", "t_s": t_s} for t_s in self.face_times_s)
        yield from ({"kind": "caption_time", "t_s": t_s} for t_s in self.caption_times_s)


_ROWS_AT_ONCE = 1000  # rows as dictionaries take ten times as much as the faces themselves
_COLUMNS = (
    "kind",
    "t_s",
    "frame",
    "x_px",
    "y_px",
    "w_px",
    "h_px",
    "score",
    "text",
    "tile",
    "tiles",
    "still_s",
    "is_moving",
    "landmarks",
    "appearance",
)


def _schema() -> Any:
    import pyarrow as pa

    numbers = {name: pa.float64() for name in _COLUMNS}
    lists = {name: pa.list_(pa.float32()) for name in ("tile", "tiles", "landmarks")}
    lists["still_s"] = pa.list_(pa.float64())  # compared with times of looks, which float32 would change
    others = {"kind": pa.string(), "frame": pa.int64(), "text": pa.string(), "appearance": pa.binary()}
    types = numbers | others | {"is_moving": pa.bool_()} | lists
    return pa.schema([(name, types[name]) for name in _COLUMNS])


def _row(kind: str, seen: Face | Caption, **more: Any) -> dict[str, Any]:
    b = seen.box
    place = {"x_px": b.x_px, "y_px": b.y_px, "w_px": b.w_px, "h_px": b.h_px}
    return {"kind": kind, "t_s": seen.t_s, "frame": seen.frame, "score": seen.score, **place, **more}


def _caption_row(caption: Caption) -> dict[str, Any]:
    rectangles = {"tile": _sides(caption.tile), "tiles": _flattened(caption.tiles)}
    return _row(
        "caption", caption, text=caption.text, still_s=caption.still_s, is_moving=caption.is_moving, **rectangles
    )


def _box(row: Any) -> Box:
    return Box(row["x_px"], row["y_px"], row["w_px"], row["h_px"])


def _face(row: Any) -> Face:
    values = row["landmarks"]
    points = tuple(zip(values[::2], values[1::2], strict=True))
    return Face(row["t_s"], row["frame"], _box(row), row["score"], points, row["appearance"])


def _caption(row: Any) -> Caption:
    tile = None if row["tile"] is None else Box(*row["tile"])
    fields = row["t_s"], row["frame"], row["text"], row["score"], _box(row), tile, _tiles(row["tiles"])
    return Caption(*fields, tuple(row["still_s"]), row["is_moving"])


def _flattened(tiles: tuple[Tile, ...]) -> list[float]:
    return [v for t in tiles for v in (*(_sides(t.box) or ()), t.cost, t.flatness)]


def _tiles(values: list[float]) -> tuple[Tile, ...]:
    rows = (values[i : i + 6] for i in range(0, len(values), 6))
    return tuple(Tile(Box(*row[:4]), row[4], row[5]) for row in rows)


def _sides(box: Box | None) -> tuple[float, ...] | None:
    return None if box is None else (box.x_px, box.y_px, box.w_px, box.h_px)


def _batched(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        yield batch


_MADE_OF: dict[str, Callable[[Any], Any]] = {
    "face": _face,
    "caption": _caption,
    "face_time": lambda row: row["t_s"],
    "caption_time": lambda row: row["t_s"],
}
