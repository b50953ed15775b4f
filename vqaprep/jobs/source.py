"""Read what a user names as IN: an OUT folder, a manifest, a folder of videos, or one video."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from vqaprep.engines import Engine
from vqaprep.errors import InputError
from vqaprep.manifest import MANIFEST, read_rows, rows_sha256
from vqaprep.outfolder import read_run
from vqaprep.rows import Dropped, Row
from vqaprep.runner import JOURNAL, run_items
from vqaprep.scan import find_videos, scan_one, without_duplicates


@dataclass(frozen=True)
class Source:
    """What IN names: rows of a manifest, or videos that are still to be probed."""

    rows: tuple[Row, ...] = ()
    uris: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """Checksum of the manifest's rows, or of the videos' names, sizes and times of change."""
        if self.rows:
            return rows_sha256(self.rows)
        states = [(uri, (stat := Path(uri).stat()).st_size, stat.st_mtime_ns) for uri in self.uris]
        return hashlib.sha256(repr(states).encode("utf-8", "surrogateescape")).hexdigest()

    def probe(self, out: Path, engine: Engine) -> tuple[list[Row], list[Dropped]]:
        """Return rows and drops; videos without a manifest are probed, resumably, with a journal in `out`."""
        if self.rows:
            return list(self.rows), []
        items = {uri: uri for uri in self.uris}
        ids = {uri: [uri] for uri in self.uris}
        results = run_items("scan", scan_one, items, ids, journal=out / f"scan{JOURNAL}", engine=engine)
        unique = without_duplicates([row for row in results if not isinstance(row, Dropped)])
        dropped = [one for one in (*results, *unique) if isinstance(one, Dropped)]
        return [row for row in unique if not isinstance(row, Dropped)], dropped


def read_source(path: Path) -> Source:
    """Find out what `path` stands for.

    Raises:
        InputError: nothing is there, the OUT folder is unfinished, or it holds no rows.
    """
    if path.is_dir() and ((path / MANIFEST).exists() or (path / "started.json").exists()):
        if read_run(path) is None:
            raise InputError(f"{path} is not finished; run the command that makes it again, it resumes")
        path = path / MANIFEST
    if path.is_file() and path.suffix in (".parquet", ".csv"):
        rows = read_rows(path)
        if not rows:
            raise InputError(f"{path} holds no row; see dropped.parquet beside it for the reasons")
        return Source(rows=tuple(rows))
    return Source(uris=tuple(find_videos(path)))
