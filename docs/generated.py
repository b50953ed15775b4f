"""Pages that mkdocs makes while it builds the site: the front page from README, the command line from the code."""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pydantic.fields import FieldInfo

from vqaprep.jobs import Common, Job, jobs

ROOT = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    files.append(File.generated(config, "index.md", content=front_page()))
    files.append(File.generated(config, "cli.md", content=command_line()))
    return files


def front_page() -> str:
    """Return README with its links to docs/ as links between pages."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.replace("](docs/", "](")


def command_line() -> str:
    """Return one section per command: what it does, an example, and a table of its options with their defaults."""
    intro = (
        "# Command line\n\n`vqaprep COMMAND -h` shows the same. All commands take `--verbose` and `--log-json`, too.\n"
    )
    return "\n".join([intro, *(_section(job) for job in jobs().values())])


def _section(job: Job) -> str:
    fields = dict(job.settings.model_fields)
    fields |= {
        name: Common.model_fields[name] for name in Common.model_fields if name in job.takes and name not in fields
    }
    rows = [_row(name, field) for name, field in fields.items()]
    table = (
        ["| option | default | what it does |", "| --- | --- | --- |", *rows]
        if rows
        else ["It takes no options of its own."]
    )
    return "\n".join([f"## {job.name}", "", job.summary, "", f"```sh\n{job.example}\n```", "", *table, ""])


def _row(name: str, field: FieldInfo) -> str:
    # A factory depends on the machine, such as the number of cores; its description says what it gives.
    default: Any = "required" if field.is_required() else field.get_default()
    shown = "" if default is None or default == () else f"`{default}`"
    description = (field.description or "").replace("|", "\\|")
    return f"| `--{name.rstrip('_').replace('_', '-')}` | {shown} | {description} |"
