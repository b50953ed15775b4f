"""SSL-V3 from interviews to one table: four heads, four losses; `make bench-ablations` runs it.

Real people are composed to interviews with captions and an interviewer, each person twice: once filmed in good light,
once with the noise of a dark room. The class is which; folds leave whole people out, so that nothing but quality can
tell it.
"""

import csv
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import torch

from benchmarks.figures import RESULTS, table
from tests.compose.catalogue import pair
from tests.compose.interview import Interview, Scene
from tests.compose.write import write
from vqaprep.jobs import Common
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.rows import parquet

_PIPELINE = Path(__file__).parents[1] / "pipelines" / "ablations.toml"
_PEOPLE = {"fi": "Maria Silva", "franck": "Anna Kowalska", "langer": "Wei Zhang", "jwp": "Nguyen Minh",
           "cap12": "Peter Novak", "feat": "Carla Rossi"}  # fmt: skip
_NOISE = {"clean": 0.0, "noisy": 4.0}  # deviation in 8-bit levels
_DURATION_S, _SIZE_PX = 8.0, (854, 480)
_SHOWN = ("runs", "pooled.accuracy", "pooled.f1", "pooled.auc_hard", "pooled.sensitivity", "pooled.specificity")
_CLIPS = "label.clips."
_HEAD = (
    "`make bench-ablations`: SSL-V3, small preset, on 12 composed interviews of 6 people, 3 folds by person, 48 steps "
    "each. The class is whether the camera was noisy; chance is 0.5. Interviews of all folds "
    "together; clips as mean ± deviation over folds."
)


def compose(footage: Path, folder: Path) -> Path:
    """Write the interviews into `folder`, and return the table that says who is in them, and which class they are."""
    rows = []
    people = list(_PEOPLE)
    for number, (who, name) in enumerate(_PEOPLE.items()):
        other = people[(number + 1) % len(people)]
        places = pair((who, other), (name, "Interviewer"))
        for label, sigma in _NOISE.items():
            film = f"{who}-{label}"
            interview = Interview(
                film, (Scene(_DURATION_S, places),), who, (), size_px=_SIZE_PX, crf=18, noise_sigma=sigma
            )
            write(interview, folder / f"{film}.mp4", footage / "faces")
            rows.append((f"{film}.mp4", label, film, name, who))
    path = folder / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "label", "subject_id", "subject_name", "group_id"), *rows])
    return path


def as_table(found: pd.DataFrame) -> str:
    """Return the table that people read: a row a variant, measures over all interviews of all folds, and over clips."""
    cells: list[Sequence[str]] = []
    for _, row in found.iterrows():
        clips = (f"{row[_CLIPS + name]:.3f} ± {row[_CLIPS + name + '_std']:.3f}" for name in ("accuracy", "auc_soft"))
        cells.append([str(row["name"]).partition("-")[2], *(f"{row[name]:.4g}" for name in _SHOWN), *clips])
    names = (name.removeprefix("pooled.") for name in _SHOWN[1:])
    return table(("variant", "folds", *names, "clips: accuracy", "clips: AUC (soft)"), cells)


def main(footage: Path) -> int:
    """Compose, run the pipeline, and store its table."""
    torch.set_num_threads(1)  # so small a network only waits for its threads
    with tempfile.TemporaryDirectory() as name:
        videos, out = Path(name) / "videos", Path(name) / "run"
        videos.mkdir()
        people = compose(footage, videos)
        given = PipelineSettings(input=(str(videos), f"people={people}"))
        lines = run_pipeline(_PIPELINE, out, given, Common())
        found = parquet.read(next(out.glob("*-compare")) / "comparison.parquet").to_pandas(use_threads=False)
    text = as_table(found)
    print(*lines[:5], text, sep="\n")
    (RESULTS / "ablations.md").write_text(f"{_HEAD}\n\n{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
