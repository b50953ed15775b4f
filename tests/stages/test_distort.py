"""Which variants are made is drawn for each video, and every one is known by name and level."""

import pytest

from tests.made import video
from vqaprep import distortions
from vqaprep.detect.observations import Observations
from vqaprep.errors import InputError
from vqaprep.rows import Row
from vqaprep.settings.seeds import rng_for
from vqaprep.stages.distort import Distort


def variants(stage: Distort, name: str = "a", *, seed: int = 0) -> list[Row]:
    row = video(name)
    return list(stage(row, Observations(), rng_for(seed, row.video_id, stage.name)))


@pytest.mark.parametrize("preset", list(distortions.PRESETS))
def test_a_preset_makes_one_level_of_each_kind_after_the_reference(preset: str) -> None:
    found = variants(Distort(kinds=(preset,)))
    assert found[0] == video("a")
    assert [row.distortion for row in found[1:]] == list(distortions.PRESETS[preset])
    for row in found[1:]:
        assert 1 <= row.level <= len(distortions.get(row.distortion).strengths)


def test_all_levels_are_made_where_asked() -> None:
    found = variants(Distort(kinds=("jpeg", "gaussian_blur"), levels=("all",)))
    wanted = [
        (kind, level + 1) for kind in ("jpeg", "gaussian_blur") for level in range(len(distortions.get(kind).strengths))
    ]
    assert [(row.distortion, row.level) for row in found[1:]] == wanted


def test_a_number_of_variants_is_drawn_for_each_video_without_repeats() -> None:
    stage = Distort(kinds=("ssl12",), levels=("all",), draw=5)
    found = {name: [row.variant for row in variants(stage, name)] for name in ("a", "b", "c")}
    assert all(len(set(names)) == 6 for names in found.values())
    assert len({tuple(names) for names in found.values()}) > 1


def test_levels_differ_between_videos_and_seeds() -> None:
    stage = Distort(kinds=("all",))
    drawn = [tuple(row.level for row in variants(stage, name, seed=s)) for name in "abc" for s in (0, 1)]
    assert len(set(drawn)) == len(drawn)


def test_levels_are_drawn_evenly() -> None:
    levels = [variants(Distort(kinds=("jpeg",)), str(i))[1].level for i in range(400)]
    num = len(distortions.get("jpeg").strengths)
    assert set(levels) == set(range(1, num + 1))
    assert min(levels.count(level) for level in set(levels)) > 400 / num / 2


def test_a_chain_is_one_variant() -> None:
    found = variants(Distort(kinds=("gaussian_blur+jpeg",), levels=("all",)))
    assert {row.distortion for row in found} == {"none", "gaussian_blur+jpeg"}


def test_a_kind_named_twice_is_made_once() -> None:
    assert len(variants(Distort(kinds=("jpeg", "jpeg")))) == 2


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'jpeg'"):
        Distort(kinds=("jpg",))
