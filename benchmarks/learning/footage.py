"""The videos of the learning benchmark: manifests of the demo films and of the labelled fight clips."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from vqaprep.rows import Row, TrackPoint
from vqaprep.rows.manifest import read_rows, write_rows

SETTINGS = Path(__file__).parents[2] / "pipelines" / "learning"
COMMAND = Path(sys.executable).with_name("vqaprep")
_WINDOW_PX = 160


def prepare(films: Path, fights: Path, out: Path) -> dict[str, Path]:
    """Scan both folders into `out` and return a manifest for each pipeline, by its name.

    Films that `films.csv` does not name are left out: animation, still pictures, other cuts of one
    film. A fight clip is its own subject, as a film may hold clips of both classes.
    """
    _vqaprep("scan", films, "-o", out / "films", "--labels", SETTINGS / "films.csv", "--on", "stem")
    _vqaprep("scan", fights, "-o", out / "fights", "--dataset", "surv_fight")
    named = [row for row in read_rows(out / "films" / "manifest.parquet") if row.group_id]
    clips = read_rows(out / "fights" / "manifest.parquet")
    # A film may hold clips of both classes: each clip is a subject of its own.
    own = [replace(row, subject_id=row.video_id) for row in clips]
    manifests = {
        "speediness": [*named, *clips],
        "quality": [_fixed(row) for row in (*named, *clips) if min(row.width_px, row.height_px) >= _WINDOW_PX],
        "fight_films": own,
        "fight_random": [replace(row, group_id=None) for row in own],
    }
    paths = {name: out / f"{name}.parquet" for name in manifests}
    for name, rows in manifests.items():
        write_rows(paths[name], rows)
    return paths


def _vqaprep(*words: str | Path) -> None:
    subprocess.run([COMMAND, *map(str, words)], check=True, stdout=subprocess.DEVNULL)


def _fixed(row: Row) -> Row:
    """Return the row with a crop track that rests on the middle of the picture."""
    left, top = (row.width_px - _WINDOW_PX) / 2, (row.height_px - _WINDOW_PX) / 2
    return replace(row, crop_track=(TrackPoint(0.0, left, top, _WINDOW_PX, _WINDOW_PX, 1.0),))
