"""Write the page on which people correct a crop: plain files that open from a disk, without a server."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vqaprep.durable import durable, private_folder
from vqaprep.engines import Engine, Failed
from vqaprep.progress import Metered, progress
from vqaprep.pseudonyms import is_hidden_address
from vqaprep.review.show import PICTURES, Shown, show, summary
from vqaprep.rows import Row

FOLDER, HIDDEN_FOLDER = "review-contains-faces-and-names", "review-contains-faces"
INDEX = "index.html"
_STATIC = Path(__file__).parent / "page"


def build(videos: Sequence[Shown], folder: Path, *, engine: Engine) -> Path:
    """Write the page about `videos` into `folder`, private to its owner, and return the file to open.

    Videos are shown in the order given. One that cannot be decoded is shown with its reason and without pictures.
    """
    private_folder(folder / PICTURES)
    values: dict[int, dict[str, Any]] = {}
    with progress("review", len(videos)) as shown:
        for result in Metered(engine, shown).map(show, videos):
            if isinstance(result, Failed):
                problem = {"problem": f"{result.reason}: {result.detail}"}
                values[result.index] = summary(videos[result.index]) | problem
            else:
                values[result.index] = result.value
            shown.advance()
    ordered = [values[i] for i in range(len(videos))]
    named = sorted(f"{one['id']} {one['name']}" for one in ordered)
    page_id = hashlib.sha256("\n".join(named).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    told = {"id": page_id, "is_hidden": any(one.is_hidden for one in videos), "videos": ordered}
    _write(folder / "data.js", f"const REVIEW = {json.dumps(told)};\n")
    for file in sorted(_STATIC.iterdir()):
        _write(folder / file.name, file.read_text(encoding="utf-8"))
    return folder / INDEX


def names_of(rows: Sequence[Row], shown: Sequence[Row]) -> dict[str, str]:
    """Return by video what the saved table calls it: the shortest end of its path that no other video has.

    A hidden video keeps its pseudonym, and one whose name is no plain text has its id.
    """
    paths = {row.video_id: row.uri.replace("\\", "/").split("/") for row in shown}
    names: dict[str, str] = {}
    ends = _unique_ends(paths)
    for row in rows:
        end = ends[row.video_id]
        is_plain = end.isprintable() and end[:1] not in "=+-@'"
        names[row.video_id] = row.uri if is_hidden_address(row.uri) else end if is_plain else row.video_id
    return names


def _unique_ends(paths: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    waiting, length = set(paths), 1
    while waiting:
        ends: dict[str, list[str]] = {}
        for video in waiting:
            # endings of files do not tell videos apart in a table of labels, nor do they here
            end = "/".join(paths[video][-length:])
            ends.setdefault(end.rpartition(".")[0].casefold() or end, []).append(video)
        for several in ends.values():
            is_all = any(length >= len(paths[video]) for video in several)
            if len(several) == 1 or is_all:
                found |= {video: "/".join(paths[video][-length:]) for video in several}
        waiting -= found.keys()
        length += 1
    return found


def _write(path: Path, text: str) -> None:
    with durable(path) as temporary:
        temporary.touch(mode=0o600)
        temporary.write_text(text, encoding="utf-8")
