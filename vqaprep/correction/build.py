"""Write the page on which people correct a crop: plain files that open from a disk, without a server."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vqaprep.correction.show import PICTURES, VideoToShow, show, summary
from vqaprep.engines import Engine, Failed
from vqaprep.running.progress import Metered, progress
from vqaprep.storage.durable import durable, private_folder

FOLDER, HIDDEN_FOLDER = "review-contains-faces-and-names", "review-contains-faces"
INDEX = "index.html"
_STATIC = Path(__file__).parent / "page"


def build(videos: Sequence[VideoToShow], folder: Path, *, engine: Engine) -> Path:
    """Write the page about `videos` into `folder`, private to its owner, and return the file to open.

    Videos are shown in the order given. One that cannot be decoded is shown with its reason and without pictures.
    """
    private_folder(folder / PICTURES)
    values: dict[int, dict[str, Any]] = {}
    with progress("review", len(videos)) as progress_bar:
        for result in Metered(engine, progress_bar).map(show, videos):
            if isinstance(result, Failed):
                problem = {"problem": f"{result.reason}: {result.detail}"}
                values[result.index] = summary(videos[result.index]) | problem
            else:
                values[result.index] = result.value
            progress_bar.advance()
    ordered = [values[i] for i in range(len(videos))]
    named = sorted(f"{one['id']} {one['name']}" for one in ordered)
    page_id = hashlib.sha256("\n".join(named).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    page = {"id": page_id, "is_hidden": any(one.is_hidden for one in videos), "videos": ordered}
    _write(folder / "data.js", f"const REVIEW = {json.dumps(page)};\n")
    for file in sorted(_STATIC.iterdir()):
        _write(folder / file.name, file.read_text(encoding="utf-8"))
    return folder / INDEX


def _write(path: Path, text: str) -> None:
    with durable(path, mode=0o600) as temporary:
        temporary.write_text(text, encoding="utf-8")
