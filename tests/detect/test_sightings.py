"""What was seen survives the trip to disk."""

import tracemalloc
from pathlib import Path

from tests.made import RED
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.rows import Box


def test_sightings_come_back_as_they_were(tmp_path: Path) -> None:
    box = Box(1.5, 2.0, 30.25, 40.0)
    seen = Sightings(
        (Face(0.04, 1, box, 0.5, ((1.0, 2.0), (3.0, 4.0)), RED), Face(1.0, 25, box, 0.75)),
        (
            Caption(0.0, 0, "Zoë", 0.9, box, Box(0.0, 0.0, 64.0, 48.0), (), (0.1, 0.7)),
            Caption(1.0, 25, "", 0.1, box, is_moving=True),
        ),
        (0.0, 0.04, 1.0),
        (0.0, 1.0),
    )
    seen.save(tmp_path / "a" / "seen.parquet")
    assert Sightings.load(tmp_path / "a" / "seen.parquet") == seen
    assert (tmp_path / "a" / "seen.parquet").stat().st_mode & 0o077 == 0


def test_nothing_seen_is_something_to_keep(tmp_path: Path) -> None:
    Sightings(face_times_s=(0.0,)).save(tmp_path / "seen.parquet")
    assert Sightings.load(tmp_path / "seen.parquet") == Sightings(face_times_s=(0.0,))


def test_faces_of_a_long_film_take_little_memory(tmp_path: Path) -> None:
    """Two faces a second for an hour; as tuples of numbers their looks alone took 30 MB."""
    look = bytes(560)
    faces = tuple(Face(float(t), t, Box(t, 0, 1, 1), 0.9, (), bytes(bytearray(look))) for t in range(7200))
    tracemalloc.start()
    Sightings(faces).save(tmp_path / "a.parquet")
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    found = Sightings.load(tmp_path / "a.parquet")
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == Sightings(faces)
    assert after - before < 10e6
    assert peak - before < 20e6
