"""The job that measures a film beside its reference."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from vqaprep.errors import InputError
from vqaprep.jobs import OUT, PROGRESS, Common, Job
from vqaprep.pairs.measures import DEFAULT_MODELS, PLAIN, Model, of_models
from vqaprep.storage.durable import durable, read_json, write_json

if TYPE_CHECKING:
    from vqaprep.pairs.align import Pair
    from vqaprep.pairs.moments import Moment

_SUMMARY, _FRAMES, _PAGE = "measures.json", "frames.csv", "report.html"
_NUM_MOMENTS = 4


class MeasureSettings(BaseModel):
    """Options of `measure`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: Annotated[Path, Field(description="the film before it was damaged")]
    models: Annotated[
        tuple[Model, ...], Field(min_length=1, description="VMAF models; each has a column of its name")
    ] = DEFAULT_MODELS
    search_s: Annotated[
        float, Field(ge=0, le=60, description="largest shift in time to try when the films are aligned; 0: none")
    ] = 5.0
    offset_frames: Annotated[
        int | None,
        Field(description="compare frame i with frame i + N of the reference; default: the offset that fits best"),
    ] = None


def provide() -> dict[str, Job]:
    """Return `measure`."""
    job = Job(
        "measure", "Measure a film beside its reference: PSNR, SSIM, MS-SSIM, VMAF, CAMBI.", MeasureSettings, _measure,
        "vqaprep measure coded.mp4 original.mp4 -o measured", after=("reference",),
        source_help="the distorted film", takes=OUT | PROGRESS, notes=_notes,
    )  # fmt: skip
    return {"measure": job}


def _notes() -> list[str]:
    return [f"{m.name}: {m.about}." for m in (*PLAIN, *of_models(DEFAULT_MODELS))]


def _measure(source: Path, out: Path, settings: MeasureSettings, common: Common) -> list[str]:
    from vqaprep.pairs.align import align, fixed
    from vqaprep.pairs.side import open_side

    sides = open_side(source, "distorted film"), open_side(settings.reference, "reference")
    offset = settings.offset_frames
    pair = align(*sides, search_s=settings.search_s) if offset is None else fixed(*sides, offset)
    if common.dry_run:
        return [*(side.words for side in sides), *pair.words()]
    sha256 = hashlib.sha256(" ".join(side.video.sha256 for side in sides).encode()).hexdigest()
    described = settings.model_dump(mode="json") | {"distorted": sides[0].video.uri, "reference": sides[1].video.uri}
    folder = common.open_out(out, "measure", described, input_sha256=sha256)
    if not folder.is_complete:
        with folder.unless_refused():
            _write(out, pair, settings.models, folder.ledger)
        folder.finish()
    summary = read_json(out / _SUMMARY, remedy="measure again, with --force")
    table = [f"{row['measure']:28}{_as_text(row['mean']):>10} {row['unit']}".rstrip() for row in summary["measures"]]
    return [*table, *summary["alignment"]["words"], *summary["warnings"], f"{out / _PAGE}"]


def _write(out: Path, pair: "Pair", models: tuple[Model, ...], ledger: dict[str, Any]) -> None:
    from vqaprep.pairs.filters import frames_of
    from vqaprep.pairs.moments import moments, worst_frames
    from vqaprep.pairs.page import write_pair_page
    from vqaprep.pairs.pooled import pooled
    from vqaprep.running.progress import progress

    with progress("measure", pair.distorted.video.num_frames, ledger=ledger) as progress_bar:
        frames = frames_of(pair, models, on_frame=lambda num: progress_bar.advance(by=num - progress_bar.done))
    if frames.empty:
        raise InputError("no frame of the one film has a partner in the other; give another --offset-frames")
    worst_by = models[0]
    rows = worst_frames(frames, worst_by, num=_NUM_MOMENTS)
    best = int(frames[worst_by].to_numpy().argmax())
    worst_moments = moments(pair, frames, worst_by, [*rows, best])
    sides = {"distorted": pair.distorted, "reference": pair.reference}
    summary: dict[str, Any] = {
        name: {"file": side.video.uri, "sha256": side.video.sha256, "words": side.words} for name, side in sides.items()
    }
    summary |= {
        "num_pairs": len(frames),
        "alignment": {
            "offset_frames": pair.offset, "by": pair.by, "is_certain": pair.is_certain, "words": pair.words(),
        },
        "warnings": _warnings(pair, worst_moments),
        "worst_by": worst_by,
        "measures": pooled(frames, (*PLAIN, *of_models(models)), peak=pair.reference.peak),
    }  # fmt: skip
    with durable(out / _FRAMES) as temporary:
        frames.drop(columns=["mse", "mse_y"]).to_csv(temporary, index=False)
    write_pair_page(out / _PAGE, summary, pair, frames, worst_moments[: len(rows)])
    write_json(out / _SUMMARY, summary)


def _warnings(pair: "Pair", seen: "Sequence[Moment]") -> list[str]:
    from vqaprep.pairs.moments import shift_px

    lines = []
    if pair.errors and not pair.is_certain:
        lines.append("the offset is uncertain: other offsets fit nearly as well; --offset-frames fixes it")
    if (shift := shift_px(seen, pair.reference.size_px[0])) is not None:
        place = "{:+d} px right and {:+d} px down".format(*shift)
        lines.append(f"the distorted picture lies {place} from the reference; was it cropped or padded?")
    return lines


def _as_text(value: float | None) -> str:
    return "equal" if value is None else f"{value:.4f}"
