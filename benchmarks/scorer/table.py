"""One table of examples: of every damaged clip its measured VMAF, and the numbers that the scorer reads.

`drawn.parquet` holds clips that no camera made, without VMAF, and `found.parquet` videos as they are.
Run `python -m benchmarks.scorer.table FILMS FIGHTS OUT`; what OUT holds already is kept.
"""

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

import vqaprep
from benchmarks.scorer.contents import NUM_FRAMES, Content, clean_frames, held_out_contents, training_contents
from benchmarks.scorer.damage import LADDERS, damaged
from benchmarks.scorer.drawn import drawn_clip, num_drawn
from vqaprep.distortions import Frames
from vqaprep.evaluation import scorers
from vqaprep.evaluation.quality.second import second_numbers, thumbnail
from vqaprep.evaluation.quality.watch import seconds_of
from vqaprep.evaluation.scorers.brisque import brisque_features
from vqaprep.media.encode import rgb_of, yuv_of
from vqaprep.media.probe import probe
from vqaprep.rows import parquet
from vqaprep.settings.seeds import rng_for

TABLES = ("train", "drawn", "held_out", "found", "demo")
_RATE_FPS = 25.0
_MOST_SECONDS, _EVERY_FOUND = 4, 2
_WORKERS = 2
_NUM_KINDS = 4  # of damage of a content, at all levels: many films teach more than many kinds of one


def main(films: Path, fights: Path, out: Path) -> None:
    """Write all tables."""
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "drawn", partial(_drawn_rows, films=films), range(num_drawn()))
    _write(out / "held_out", _rows_of, held_out_contents(films))
    _write(out / "train", _rows_of, training_contents(films, fights))
    _write(out / "found", _found_rows, sorted(fights.glob("*/*.mp4"))[::_EVERY_FOUND])
    _write(out / "demo", _found_rows, sorted(path for path in films.glob("*/*") if path.suffix != ".jpg"))


def _write(stem: Path, work: Callable[..., pd.DataFrame | None], items: Iterable[Any]) -> None:
    """Write the rows of all items to one table; the same on any number of workers."""
    path, parts = stem.with_suffix(".parquet"), stem.with_suffix(".parts")
    if path.exists():
        return
    parts.mkdir(exist_ok=True)
    with ProcessPoolExecutor(_WORKERS, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        found = list(pool.map(partial(_kept, work=work, parts=parts), items))
    pd.concat([one for one in found if one is not None], ignore_index=True).to_parquet(path)


def _kept(item: Any, *, work: Callable[..., pd.DataFrame | None], parts: Path) -> pd.DataFrame | None:
    name = (item.name if isinstance(item, Content) else str(item)).replace("/", "_")
    path = parts / f"{name}.parquet"
    if path.exists():
        kept: pd.DataFrame = parquet.read(path).to_pandas()
        return kept
    found = work(item)
    if found is not None:
        found.to_parquet(path)
        print(f"{name}: {len(found)}", flush=True)
    return found


def _rows_of(content: Content) -> pd.DataFrame | None:
    """Return `content, group, kind, level, vmaf` and the numbers of a content and its damaged versions."""
    clean = clean_frames(content)
    if clean is None:
        return None
    kinds = sorted(rng_for(1, content.name).choice(sorted(LADDERS), _NUM_KINDS, replace=False))
    wanted = [("none", 0), *((kind, level) for kind in kinds for level in range(1, 5))]
    reference = stored(clean)[-NUM_FRAMES:]
    rows = []
    for kind, level in wanted:
        seen = stored(damaged(clean, kind, level, rng_for(2, content.name, kind), _RATE_FPS))[-NUM_FRAMES:]
        score = vqaprep.measure(seen, reference, ("vmaf",), rate_fps=_RATE_FPS)["vmaf"]
        about = {"content": content.name, "group": content.group, "kind": kind, "level": level, "vmaf": score}
        size = {"height_px": seen.shape[1], "width_px": seen.shape[2]}
        rows.append(about | size | _known_measures(seen[NUM_FRAMES // 2]) | numbers_of(seen))
    return pd.DataFrame(rows)


def _drawn_rows(place: int, *, films: Path) -> pd.DataFrame | None:
    """Return the numbers of a drawn clip as it is and with damage of three kinds."""
    found = drawn_clip(place, films)
    if found is None:
        return None
    name, group, frames = found
    rng = rng_for(1, name)
    wanted = [
        ("none", 0),
        *((str(kind), int(rng.integers(1, 5))) for kind in rng.choice(sorted(LADDERS), 3, replace=False)),
    ]
    rows = []
    for kind, level in wanted:
        seen = stored(damaged(frames, kind, level, rng_for(2, name, kind), _RATE_FPS))[-NUM_FRAMES:]
        rows.append({"content": name, "group": group, "kind": kind, "level": level} | numbers_of(seen))
    return pd.DataFrame(rows)


def _found_rows(path: Path) -> pd.DataFrame | None:
    """Return the numbers of every window of the first seconds of a video as it is."""
    video = probe(str(path))
    rows = []
    for n, second in enumerate(islice(seconds_of(video), _MOST_SECONDS)):
        rows += [{"content": f"{path.parent.name}/{path.name}", "group": path.name, "second": n} | one
                 for one in second.windows]  # fmt: skip
    return pd.DataFrame(rows) if rows else None


def _known_measures(picture: Frames) -> dict[str, float]:
    """Return BRISQUE and NIQE as released, and BRISQUE's 36 features, of a picture."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float64)
    features = brisque_features(gray)
    scores = {name: scorers.get(name).apply(picture[None], _RATE_FPS) for name in ("brisque", "niqe")}
    return scores | {f"brisque_{n:02d}": float(value) for n, value in enumerate(features)}


def stored(frames: Frames) -> Frames:
    """Return the frames as a player shows them: through 4:2:0, as all video is."""
    return rgb_of(list(yuv_of(frames)), frames.shape)


def numbers_of(frames: Frames) -> dict[str, Any]:
    """Return the scorer's numbers of a clip of about a second."""
    middles = (len(frames) // 4, 3 * len(frames) // 4)
    thumbs = np.stack([thumbnail(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)) for frame in frames])
    return second_numbers([frames[m - 1 : m + 2] for m in middles], thumbs)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
