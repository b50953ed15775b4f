"""The pipeline files that come with the program, by name, so that an installed one can run them, too."""

import tomllib
from functools import cache
from pathlib import Path

from vqaprep.errors import InputError, nearest
from vqaprep.storage.folder import is_local

_FOLDER = Path(__file__).parents[1] / "pipelines"


@cache
def packaged_pipelines() -> dict[str, Path]:
    """Return the packaged files by name: their path below the folder without its ending (`papers/ssl_vqa/full`)."""
    return {path.relative_to(_FOLDER).with_suffix("").as_posix(): path for path in sorted(_FOLDER.rglob("*.toml"))}


def pipeline_file(given: Path) -> Path:
    """Return the pipeline file that a path or a packaged name means.

    Raises:
        InputError: there is neither; names the packaged ones that are near, or all that stand by themselves.
    """
    if not is_local(given) or given.is_file():
        return given
    packaged = packaged_pipelines()
    name = given.as_posix().removesuffix(".toml").removeprefix("pipelines/")
    if name in packaged:  # a folder of that name, such as the demo/ that `make demo` writes, is no pipeline
        return packaged[name]
    if given.exists():
        return given
    near = nearest(name, packaged)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    alone = ", ".join(name for name in packaged if "/" not in name)
    raise InputError(
        f"{given} does not exist; give a pipeline file, or the name of a packaged one: {alone}, or one of "
        f"papers/ and learning/, which vqaprep run --help lists.{hint}"
    )


def pipeline_notes() -> list[str]:
    """Return a line of help on each packaged pipeline, and one on each folder of them."""
    packaged = packaged_pipelines()
    alone = [f"{name}: {_summary(path)}" for name, path in packaged.items() if "/" not in name]
    folders: dict[str, list[str]] = {}
    for name in packaged:
        if "/" in name:
            folder, _, last = name.rpartition("/")
            folders.setdefault(folder, []).append(last)
    return ["Packaged pipelines:", *alone, *(f"{folder}/ {' '.join(names)}" for folder, names in folders.items())]


def _summary(path: Path) -> str:
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("summary", ""))
