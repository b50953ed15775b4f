"""What `import vqaprep` gives: the commands as functions, shards as a data set, distortions and measures on arrays.

    >>> import vqaprep
    >>> vqaprep.prepare("scan", "videos/", "0-scan")
    >>> vqaprep.prepare("speed", "0-scan", "1-clips", task="none", clips=4)
    >>> vqaprep.prepare("shard", "1-clips", "2-shards", spatial="resize", size_px=224)
    >>> frames = vqaprep.open_shards("2-shards")[0].views["query.none"]  # uint8 (16, 224, W, 3) RGB

Options have the names of the command line with `_` for `-`. A wrong one raises `InputError` with the nearest name.
Work runs in processes of its own, as on the command line; `engine="inline"` keeps it in the calling process for a
debugger. A script needs no `if __name__ == "__main__"`.
"""

from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from vqaprep.jobs import Common, get_job
from vqaprep.settings import validated
from vqaprep.storage import at

if TYPE_CHECKING:
    import pandas as pd

    from vqaprep.shards.read import ShardReader

Place = str | PathLike[str]
"""A path, or an address such as `s3://bucket/folder`."""
Frames = npt.NDArray[np.uint8]
"""uint8 (T, H, W, 3) RGB."""

PREPARATION = ("scan", "select", "trim", "crop", "distort", "speed", "split", "shard")


def prepare(step: str, source: Place, out: Place, **options: Any) -> Path:
    """Run one step of the preparation on `source` and return its OUT folder; a finished one is kept as it is.

    Args:
        step: one of `PREPARATION`.
        source: an OUT folder, a manifest, a folder of videos, or a video.
        out: the folder to write.
        options: of the step and of where work runs, such as `workers=4`.

    Raises:
        InputError: an unknown step or option, or a wrong input; nothing was written.
        TooManyDrops: more rows were dropped than `max_drop_rate` allows.
    """
    if step not in PREPARATION:
        from vqaprep.errors import unknown_name

        raise unknown_name("step", step, PREPARATION)
    _call(step, source, out, options)
    return at(str(out))


def run(pipeline: Place, videos: Place, out: Place, **options: Any) -> Path:
    """Run a pipeline file, or a packaged pipeline by name, on `videos` and return its OUT folder."""
    _call("run", pipeline, out, {"input": [str(videos)], **options})
    return at(str(out))


def read_manifest(folder: Place) -> "pd.DataFrame":
    """Return the rows of an OUT folder, one per video or clip."""
    return _table(folder, "manifest.parquet")


def read_dropped(folder: Place) -> "pd.DataFrame":
    """Return the rows that an OUT folder left out, with stage, reason and detail."""
    return _table(folder, "dropped.parquet")


@overload
def open_shards(folder: Place, *, split: str | None = None, as_webdataset: Literal[False] = False) -> "ShardReader": ...


@overload
def open_shards(folder: Place, *, split: None = None, as_webdataset: Literal[True]) -> Any: ...


def open_shards(folder: Place, *, split: str | None = None, as_webdataset: bool = False) -> Any:
    """Open a shard folder as a data set.

    The reader is a sequence of samples with `key`, `labels` and `views` (name to uint8 (T, H, W, 3) RGB). A torch
    `DataLoader` takes it as it is, with `collate_fn=list`. With `as_webdataset` the result is a
    `webdataset.WebDataset` over the tars in their order, decoded; `split` must be None then.

    Raises:
        InputError: the folder is no complete shard folder.
    """
    from vqaprep.errors import InputError
    from vqaprep.shards.read import ShardReader

    reader = ShardReader(str(folder), split=split)
    if not as_webdataset:
        return reader
    if split is not None:
        raise InputError(
            "a WebDataset reads whole tars; write them with `shard --split-by` to read one split, or leave split out"
        )
    import webdataset

    tars = sorted(str(path) for path in (at(str(folder)) / "shards").glob("*.tar"))
    return webdataset.WebDataset(tars, shardshuffle=False).decode()


def distort(frames: Frames, kind: str, level: int, *, seed: int = 0, rate_fps: float = 25.0) -> Frames:
    """Return `frames` with one distortion at one of its levels (1 is the mildest); the input is not changed.

    `docs/distortions.md` lists kinds and levels. The same seed gives the same frames.

    Raises:
        InputError: unknown kind, or a level that it does not have.
    """
    from vqaprep import distortions
    from vqaprep.settings.seeds import rng_for

    source = distortions.SourceInfo(rate_fps=rate_fps, bits_per_pixel=None)
    return distortions.apply(np.ascontiguousarray(frames), kind, level, rng_for(seed, "distort", kind, level), source)


def measure(
    distorted: Frames, reference: Frames, measures: Iterable[str] = ("psnr", "ssim"), *, rate_fps: float = 25.0
) -> dict[str, float]:
    """Return full-reference measures of `distorted` against `reference`, clips of one shape.

    Raises:
        InputError: the clips differ in shape, or a measure is unknown.
    """
    from vqaprep import measures as known_measures
    from vqaprep.errors import InputError

    if distorted.shape != reference.shape:
        raise InputError(f"the clips differ in shape: {distorted.shape} and {reference.shape}")
    return {name: known_measures.get(name).apply(reference, distorted, rate_fps) for name in measures}


def train(system: str, shards: Place, out: Place, **options: Any) -> Path:
    """Train a system on a shard folder and return its run folder; an interrupted run goes on."""
    _call("train", shards, out, {"system": system, **options})
    return at(str(out))


def evaluate(trained: Place, shards: Place, out: Place, **options: Any) -> dict[str, Any]:
    """Evaluate a run on the samples of a shard folder that it has not seen, and return `metrics.json`."""
    import json

    _call("evaluate", trained, out, {"shards": at(str(shards)), **options})
    return dict(json.loads((at(str(out)) / "metrics.json").read_text(encoding="utf-8")))


def score(trained: Place | None, videos: Place | Sequence[Place], out: Place, **options: Any) -> "pd.DataFrame":
    """Score videos or folders of videos and return `scores.csv`.

    With None for `trained` the shipped scorer is used, or `weights="NAME"`: a row per video. With a run of `train`:
    a row per clip.
    """
    import pandas as pd

    given = [at(str(one)) for one in ([videos] if isinstance(videos, str | PathLike) else videos)]
    if trained is None:
        first, *given = given
        _call("score", first, out, {"videos": given, **options})
    else:
        _call("score", trained, out, {"videos": given, **options})
    return pd.read_csv(str(at(str(out)) / "scores.csv"))


def review(folder: Place, **options: Any) -> Path:
    """Write the page on which people correct an OUT folder of `crop`, and return the file to open."""
    return Path(_call("review", folder, ".", options)[0].removeprefix("review: "))


def rate(videos: Place, out: Place, **options: Any) -> Path:
    """Write the page on which people rate `videos`, and return the file to open."""
    _call("rate", videos, out, options)
    return at(str(out)) / "index.html"


def mos(answers: Place, out: Place, **options: Any) -> "pd.DataFrame":
    """Turn a folder of raters' answers, or a table of ratings, into scores: `mos.csv`, one row per video."""
    import pandas as pd

    _call("mos", answers, out, options)
    return pd.read_csv(str(at(str(out)) / "mos.csv"))


def _table(folder: Place, name: str) -> "pd.DataFrame":
    from vqaprep.rows import parquet

    table: pd.DataFrame = parquet.read(at(str(folder)) / name).to_pandas(use_threads=False)
    return table


def _call(name: str, source: Place, out: Place, options: dict[str, Any]) -> list[str]:
    """Run a command as the command line does, with options from keywords."""
    job = get_job(name)
    own = {key: value for key, value in options.items() if key in job.settings.model_fields}
    shared = {key: value for key, value in options.items() if key not in own}
    return job.run(at(str(source)), at(str(out)), validated(job.settings, own), validated(Common, shared))
