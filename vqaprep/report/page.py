"""A page of sections as one HTML file that needs nothing else."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vqaprep.report import blocks
from vqaprep.rows.plain_text import printable
from vqaprep.storage.durable import durable


def write_page(
    target: Path,
    title: str,
    sections: Sequence[blocks.Section],
    *,
    facts: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
    has_faces: bool = False,
) -> None:
    """Write the page durably: `facts` are its head, `notes` say what is wrong, `has_faces` adds a warning."""
    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["shown"] = blocks.cell_text
    template = environment.get_template("report.html.j2")
    text = template.render(title=title, facts=facts, sections=sections, notes=notes, faces=has_faces)
    with durable(target) as temporary:
        temporary.write_text(_plain(text), encoding="utf-8", errors="replace")


def _plain(page: str) -> str:
    """Return the page without characters that turn or hide the text after them: a name of a file may hold some."""
    lines = page.split("\n")
    return "\n".join(line if line.isprintable() else printable(line, keep="\t") for line in lines)
