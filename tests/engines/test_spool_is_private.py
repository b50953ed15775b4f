"""What a cluster's tasks unpickle lies in folders that nobody else may write or read, whatever the umask is."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from vqaprep.engines import Limits, sbatch
from vqaprep.engines.job_arrays import JobArrays, _Chunk
from vqaprep.engines.spool import Results


@pytest.fixture(params=[0o000, 0o002, 0o022])
def _open_umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
@pytest.mark.parametrize("is_made", [True, False])
def test_the_spool_is_private_from_its_first_folder_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    spool = tmp_path / ".vqaprep-engine" / "0123456789abcdef"
    if is_made:
        spool.mkdir(parents=True)  # open, as an earlier version left it
    monkeypatch.setattr(sbatch, "needed", lambda *_: ())
    where = SimpleNamespace(spool=spool, options=(), workers=1, limit=10, name="x")
    arrays = JobArrays(where, print, ["interviews/Jane Miller.mp4"], Limits())  # type: ignore[arg-type]  # enough of it
    folder = arrays._write([_Chunk(range(1))])
    with Results(folder / "0.1.results"):
        pass
    paths = [spool, *spool.rglob("*")]
    assert len(paths) >= 6
    for path in paths:
        assert path.stat().st_mode & 0o077 == 0, path
    assert is_made or spool.parent.stat().st_mode & 0o077 == 0
