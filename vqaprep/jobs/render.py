"""Write what a stage decided as films and pictures for people; nothing downstream reads them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vqaprep.engines import Engine, Failed
from vqaprep.errors import MediaError, memory
from vqaprep.errors.crashes import contained
from vqaprep.rows import AWAY, Dropped, Row, Video
from vqaprep.rows.drops import refuse_away, with_files
from vqaprep.rows.no_veil import NO_VEIL
from vqaprep.rows.outfolder import OutFolder
from vqaprep.rows.pseudonyms import Veil
from vqaprep.running.accounts import Results
from vqaprep.running.progress import Metered, progress
from vqaprep.settings.seeds import rng_for
from vqaprep.stages import ShownStage

_log = logging.getLogger(__name__)
FACES, FACES_AND_NAMES = "-contains-faces", "-contains-faces-and-names"
_DISTORTED_S = 4.0  # enough to see a distortion; whole films of every variant would fill the disk
_COPIES = 6  # of the frames of such a film: as decoded, together, distorted, and in a codec


@dataclass(frozen=True)
class Showing:
    """One row to render: what came in, what the stage made of it, and where films and pictures go.

    `says` is what the file's name says of its content besides the row: names of people are in what is drawn.
    """

    stage: ShownStage
    before: Row
    outcome: Row | Dropped
    out: Path
    cache: Path
    says: str = ""


def render_all(
    stage: ShownStage,
    before: Sequence[Row],
    results: Results,
    *,
    out: OutFolder,
    engine: Engine,
    cache: Path,
    veil: Veil = NO_VEIL,
) -> None:
    """Render every row, in processes of their own; one that cannot be rendered is named and passed over.

    What shows faces has it in its name, and captions too; under a `veil` that is every film.
    """
    real = list(map(veil.show, before))
    rows_by_id = {row.id: row for row in real} | {row.video_id: row for row in real}
    says = FACES_AND_NAMES if veil.is_hiding else ""
    showings = [
        Showing(
            stage, rows_by_id[r.id if isinstance(r, Dropped) else r.video_id], _real(r, veil), out.path, cache, says
        )
        for r in results
    ]
    out.will_write(name for showing in showings for name in _names(showing))
    away: list[Dropped] = []
    with progress(f"render {stage.name}", len(showings), ledger=out.ledger) as progress_bar:
        for result in Metered(engine, progress_bar).map(render_one, showings):
            problem = result if isinstance(result, Failed) else result.value
            if problem is not None:
                name = showings[result.index].outcome.id
                _log.warning("not rendered: %s: %s: %s", name, problem.reason, problem.detail)
                away += [Dropped(name, stage.name, AWAY, problem.detail)] if problem.reason == AWAY else []
            progress_bar.advance()
    refuse_away(f"render {stage.name}", with_files(away, before))


def render_one(showing: Showing) -> MediaError | None:
    """Write the files of one row; return why it could not be done, or None."""
    try:
        with contained():
            _write(showing)
    except MediaError as error:
        return MediaError(error.reason, error.detail)
    return None


def _names(showing: Showing) -> list[str]:
    """Return the files of one row, relative to OUT: a film, and of a crop a sheet."""
    name = showing.outcome.id.replace(":", "-")
    if showing.stage.film == "crop":
        return [f"media/{name}{FACES}.mp4", f"previews/{name}{FACES_AND_NAMES}.png"]
    return [f"media/{name}{showing.says}.mp4"]


def _write(showing: Showing) -> None:
    film, *sheets = (showing.out / name for name in _names(showing))
    if showing.stage.film == "crop":
        _crop(showing, film, *sheets)
    elif isinstance(showing.outcome, Video):
        {"kept": _kept, "distorted": _distorted}[showing.stage.film](showing.outcome, film)


def _real(result: Row | Dropped, veil: Veil) -> Row | Dropped:
    return result if isinstance(result, Dropped) else veil.show(result)


def _crop(showing: Showing, film: Path, sheet: Path) -> None:
    from vqaprep.detect.sheet import crop_sheet
    from vqaprep.detect.watch import look_at
    from vqaprep.media.render_crop import render_crop

    observed = look_at(showing.before, watch=showing.stage.watch(), cache=showing.cache)
    assert observed.sightings is not None
    crop_sheet(showing.before, showing.outcome, observed.sightings, sheet)
    if isinstance(showing.outcome, Dropped):
        film.unlink(missing_ok=True)  # of a decision that was taken back
    elif showing.stage.render:
        render_crop(showing.outcome, film, size_px=getattr(showing.stage, "size_px"))  # noqa: B009  only crop has it


def _kept(video: Video, film: Path) -> None:
    from vqaprep.media.film import write_film
    from vqaprep.media.render_crop import usable_frames

    write_film(film, ((f.t_s, f.rgb()) for f in usable_frames(video)), rate_fps=video.rate_fps)


def _distorted(video: Video, film: Path) -> None:
    from vqaprep import distortions
    from vqaprep.media.film import write_film
    from vqaprep.media.render_crop import usable_frames

    frame_bytes = 3 * video.width_px * video.height_px
    fitting = int(memory.room_bytes() / (_COPIES * frame_bytes))
    num_frames = max(1, min(round(_DISTORTED_S * video.rate_fps), fitting))
    first = list(islice(((f.t_s, f.rgb()) for f in usable_frames(video)), num_frames))
    if not first:
        raise MediaError("too_short", "no frame lies in a usable stretch")
    bits = 8 * video.num_bytes / (video.num_frames * video.width_px * video.height_px)
    source = distortions.SourceInfo(rate_fps=video.rate_fps, bits_per_pixel=bits)
    rng = rng_for(0, video.video_id, video.variant)
    frames = distortions.apply(np.stack([rgb for _, rgb in first]), video.distortion, video.level, rng, source)

    timed = ((t_s, frame) for (t_s, _), frame in zip(first, frames, strict=True))
    write_film(film, timed, rate_fps=video.rate_fps)
