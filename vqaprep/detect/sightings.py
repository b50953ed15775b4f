"""What the detectors saw of a video: faces and captions with time and place, and when they looked."""

from dataclasses import dataclass
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
        appearance: square roots of colour histograms (`detect/appearance.py`); says how it looks, not who it is.
    """

    t_s: float
    frame: int
    box: Box
    score: float
    landmarks: tuple[Point, ...] = ()
    appearance: tuple[float, ...] = ()


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
    """

    t_s: float
    frame: int
    text: str
    score: float
    box: Box
    tile: Box | None = None
    tiles: tuple[Tile, ...] = ()


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

        rows = [
            _row("face", f, landmarks=[v for p in f.landmarks for v in p], appearance=f.appearance) for f in self.faces
        ]
        rows += [_row("caption", c, text=c.text, tile=_sides(c.tile), tiles=_flattened(c.tiles)) for c in self.captions]
        rows += [{"kind": "face_time", "t_s": t_s} for t_s in self.face_times_s]
        rows += [{"kind": "caption_time", "t_s": t_s} for t_s in self.caption_times_s]
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with durable(path) as temporary:
            temporary.touch(mode=0o600)
            pq.write_table(pa.Table.from_pylist(rows, schema=_schema()), temporary)

    @classmethod
    def load(cls, path: Path) -> "Sightings":
        """Read what `save` wrote."""
        kinds: dict[str, list[Any]] = {"face": [], "caption": [], "face_time": [], "caption_time": []}
        for row in parquet.read(path).select(list(_COLUMNS)).to_pylist():
            kinds[row["kind"]].append(row)
        return cls(
            tuple(map(_face, kinds["face"])),
            tuple(map(_caption, kinds["caption"])),
            tuple(row["t_s"] for row in kinds["face_time"]),
            tuple(row["t_s"] for row in kinds["caption_time"]),
        )


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
    "landmarks",
    "appearance",
)


def _schema() -> Any:
    import pyarrow as pa

    numbers = {name: pa.float64() for name in _COLUMNS}
    lists = {name: pa.list_(pa.float32()) for name in ("tile", "tiles", "landmarks", "appearance")}
    types = numbers | {"kind": pa.string(), "frame": pa.int64(), "text": pa.string()} | lists
    return pa.schema([(name, types[name]) for name in _COLUMNS])


def _row(kind: str, seen: Face | Caption, **more: Any) -> dict[str, Any]:
    b = seen.box
    place = {"x_px": b.x_px, "y_px": b.y_px, "w_px": b.w_px, "h_px": b.h_px}
    return {"kind": kind, "t_s": seen.t_s, "frame": seen.frame, "score": seen.score, **place, **more}


def _box(row: Any) -> Box:
    return Box(row["x_px"], row["y_px"], row["w_px"], row["h_px"])


def _face(row: Any) -> Face:
    values = row["landmarks"]
    points = tuple(zip(values[::2], values[1::2], strict=True))
    return Face(row["t_s"], row["frame"], _box(row), row["score"], points, tuple(row["appearance"]))


def _caption(row: Any) -> Caption:
    tile = None if row["tile"] is None else Box(*row["tile"])
    return Caption(row["t_s"], row["frame"], row["text"], row["score"], _box(row), tile, _tiles(row["tiles"]))


def _flattened(tiles: tuple[Tile, ...]) -> list[float]:
    return [v for t in tiles for v in (*(_sides(t.box) or ()), t.cost, t.flatness)]


def _tiles(values: list[float]) -> tuple[Tile, ...]:
    rows = (values[i : i + 6] for i in range(0, len(values), 6))
    return tuple(Tile(Box(*row[:4]), row[4], row[5]) for row in rows)


def _sides(box: Box | None) -> tuple[float, ...] | None:
    return None if box is None else (box.x_px, box.y_px, box.w_px, box.h_px)
