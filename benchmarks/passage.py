"""Send one file through every stage that opens a video, in this process, and say how it ended in each.

Two costly parts are replaced: the caption reader, and the trained network of `score`, which sees every clip all the
same.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

from benchmarks.figures import Inline
from vqaprep.errors import MediaError
from vqaprep.errors.crashes import contained, described
from vqaprep.rows import Clip, Dropped, Row, Video
from vqaprep.shards.settings import ShardSettings, Spatial

Results = Sequence[Row | Dropped]
QUICK: tuple[Spatial, ...] = ("resize",)
ALL: tuple[Spatial, ...] = ("resize", "native", "center", "fragments")


class End(NamedTuple):
    """How a row ended: the stage, a reason of a drop or `escaped` (an exception, a lost row), and the words."""

    step: str
    reason: str
    detail: str


def ends_of(uri: str, folder: Path, *, spatial: Sequence[Spatial] = QUICK) -> list[End]:
    """Send the file at `uri` through all stages, with `folder` for what they write, and return every end that it met.

    A file that no stage drops ends `through`.
    """
    from vqaprep.detect import watch

    ends, step = list[End](), "scan"
    try:
        # Reading costs a second a file. The reader is put back, as others of this process may read after this.
        with patch.object(watch, "_reader", lambda ocr: lambda rgb: []):
            for step, results in _steps(uri, folder, spatial):
                ends += [End(step, one.reason, one.detail) for one in results if isinstance(one, Dropped)]
                if not results:
                    raise AssertionError("a row was lost")
    except Exception as error:  # noqa: BLE001  this is what is looked for
        return [*ends, End(step, "escaped", described(error))]
    return ends or [End("score", "through", "")]


def _steps(uri: str, folder: Path, spatial: Sequence[Spatial]) -> Iterator[tuple[str, Results]]:
    """Yield each stage's name and its results; a stage sees the rows that the ones before it let through."""
    from vqaprep.sources.scan import scan_one
    from vqaprep.stages.crop import Crop
    from vqaprep.stages.speed import Speed
    from vqaprep.stages.split import Split
    from vqaprep.stages.trim import Trim

    scanned = scan_one(uri)
    yield "scan", scanned
    rows = _kept(scanned)
    if not rows:
        return
    yield "trim", (trimmed := _decided(Trim(min_s=0, tail_s=0.01), rows, folder))
    yield "crop", _decided(Crop(rule="largest", min_score=0.3), rows, folder)
    variants = [row.having(distortion=name, level=level) for row in rows for name, level in _VARIANTS]
    speed = Speed(num_frames=4, clips=2, min_motion=0, max_still=1)
    yield "speed", (cut := _decided(speed, variants, folder))
    clips = [row for row in _kept(cut) if isinstance(row, Clip)]
    if clips:
        yield "split", (shared := Split(method="random", allow_leaks=True).decide(clips, _rng()))
        for number, mode in enumerate(spatial):
            settings = ShardSettings(spatial=mode, size_px=32)
            yield f"shard {mode}", _sharded(_kept(shared), folder / f"out-{number}", settings)
    if left := [row for row in _kept(trimmed) if isinstance(row, Video)]:
        yield "score", _scored(left)


_VARIANTS = (("none", 0), ("h264", 1), ("gaussian_blur", 1))


def _rng() -> Any:
    from vqaprep.settings.seeds import rng_for

    return rng_for(0, "split")


def _kept(results: Results) -> list[Row]:
    return [one for one in results if not isinstance(one, Dropped)]


def _decided(stage: Any, rows: Sequence[Row], folder: Path) -> Results:
    from vqaprep.running.runner import Decision, decide

    return decide(Decision(stage, tuple(rows), 0, folder / "cache"))


def _sharded(rows: Sequence[Row], out: Path, settings: ShardSettings) -> Results:
    from vqaprep.shards.make import make_shards

    out.mkdir()
    clips = [row for row in rows if isinstance(row, Clip)]
    dropped = make_shards(clips, out, settings, Inline(), lambda _num, _lost: None)
    lost = {drop.id for drop in dropped}
    return [*dropped, *(clip for clip in clips if clip.id not in lost)]


def _scored(rows: Sequence[Video]) -> Results:
    """Cut as `score` does, for a run that sees 4 frames of 32 px."""
    from vqaprep.evaluation.cut import cut

    stored = ShardSettings(spatial="resize", size_px=32)
    kind = SimpleNamespace(num_frames=4)
    run: Any = SimpleNamespace(crop_px=32, sees_fragments=False, stored=stored, scaling="planes", kind=kind)
    results: list[Row | Dropped] = []
    for row in rows:
        try:
            with contained():
                for _ in cut(row, run):
                    pass
            results.append(row)
        except MediaError as error:
            results.append(Dropped(row.id, "score", error.reason, error.detail))
    return results
