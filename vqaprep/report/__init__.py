"""The report: one self-contained page about a run, and its data card."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from vqaprep.report import blocks, card
from vqaprep.report.counts import counts
from vqaprep.report.crops import crops
from vqaprep.report.damage import damage
from vqaprep.report.drops import drops
from vqaprep.report.gather import Run, load
from vqaprep.report.learning import evaluation, training
from vqaprep.report.overview import facts, overview
from vqaprep.report.page import write_page
from vqaprep.report.published import published
from vqaprep.report.sources import sources
from vqaprep.report.stored import stored
from vqaprep.report.strips import strips
from vqaprep.storage.durable import durable

_log = logging.getLogger(__name__)
REPORT, REPORT_WITH_FACES, CARD = "report.html", "report-contains-faces.html", "DATA_CARD.md"
Faces = Literal["auto", "show", "hide"]
_SECTIONS: tuple[Callable[[Run], blocks.Section | None], ...] = (
    overview, drops, sources, crops, damage, strips, counts, training, evaluation, published, stored, card.section,
)  # fmt: skip


def write_report(
    run: Path,
    *,
    out: Path | None = None,
    title: str | None = None,
    faces: Faces = "auto",
    root: Path | None = None,
) -> Path:
    """Write `report.html` and `DATA_CARD.md` about the OUT folder `run` and return the page's path.

    Both go to the folder `out`, or to `run` itself. What the run lacks is absent from the page; what is
    damaged is named on it. Pictures of pseudonymized videos are left out; those who ask for them get
    `report-contains-faces.html`. `root` is where the videos lie now, if they were moved.
    """
    loaded_run, folder = load(run), out or run
    loaded_run.root = root
    loaded_run.shows_faces = faces == "show" or (faces == "auto" and not loaded_run.is_hidden)
    page = REPORT_WITH_FACES if loaded_run.shows_faces and loaded_run.is_hidden else REPORT
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = title or str(loaded_run.pipeline.get("summary") or f"Report on {run.resolve().name}")
    sections = [made for part in _SECTIONS if (made := _made(part, loaded_run)) is not None]
    write_page(
        folder / page,
        named,
        sections,
        facts=facts(loaded_run),
        notes=loaded_run.notes,
        has_faces=loaded_run.shows_faces,
    )
    if any(section.id == "card" for section in sections):
        with durable(folder / CARD) as temporary:
            temporary.write_text(card.markdown(named, card.card(loaded_run)), encoding="utf-8", errors="replace")
    return folder / page


def _made(part: Callable[[Run], blocks.Section | None], run: Run) -> blocks.Section | None:
    try:
        made = part(run)
        return made if made is None or run.shows_faces else blocks.without_pictures(made)
    except Exception as error:  # noqa: BLE001  what is damaged may fail anywhere, and the rest must still be shown
        _log.debug("%s failed", part.__name__, exc_info=True)
        run.notes.append(f"{part.__module__.rpartition('.')[2]} cannot be shown: {type(error).__name__}: {error}"[:400])
        return None
