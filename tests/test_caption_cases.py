"""Films with captions as studies write them, read by the real reader: the asked person or nobody."""

from pathlib import Path

import pytest

from tests.calling import call
from tests.made import Inline
from vqaprep.jobs import Common
from vqaprep.rows.manifest import read_dropped, read_rows

FILMS = Path(__file__).parent / "cases" / "captions"


def test_codes_and_turned_names_are_found_and_other_numbers_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Common, "make_engine", lambda *_: Inline())
    names = "P01|ID-1034|Jane Miller|Participant 12|Subject 101"
    assert call("crop", FILMS, "-o", tmp_path / "out", "--subject", names, "--workers", 1) == 0
    rows = {Path(row.uri).stem: row.subject_name for row in read_rows(tmp_path / "out" / "manifest.parquet")}
    assert rows == {"p01": "P01", "id1034": "ID-1034", "miller_jane": "Jane Miller"}
    drops = read_dropped(tmp_path / "out" / "dropped.parquet")
    assert [drop.reason for drop in drops] == ["subject_ambiguous"] * 2
    details = " ".join(drop.detail for drop in drops)
    assert "\u201cParticipant 21\u201d (another number)" in details
    assert "\u201cSubject 107\u201d (another number)" in details
