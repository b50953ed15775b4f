"""Samples of one data set have files of the same names, whatever was drawn for each."""

import tarfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import webdataset

from tests.made import Inline
from tests.shards.conftest import clips_of
from vqaprep.rows import Clip, Video
from vqaprep.shards.make import make_shards
from vqaprep.shards.names import view_names
from vqaprep.shards.settings import ShardSettings

TWO_DRAWN = ["none", "distorted-1", "distorted-2"]
Variants = Sequence[tuple[str, int]]


def scenes(film: Callable[..., Video], *drawn: Variants, roles: Sequence[str] = ("query",)) -> list[list[Clip]]:
    """Return one scene for each list of variants, each beside its reference."""
    return [
        clips_of(film("a.mp4"), starts=[4 * n], variants=(("none", 0), *variants), roles=roles)
        for n, variants in enumerate(drawn)
    ]


@pytest.mark.parametrize(
    ("drawn", "names"),
    [
        ([[("contrast", 1)], [("contrast", 3)]], ["none", "contrast"]),
        ([[("contrast", 1), ("contrast", 2)]] * 2, ["none", "contrast-1", "contrast-2"]),
        ([[("contrast", 1), ("contrast", 2)], [("contrast", 2), ("contrast", 3)]], TWO_DRAWN),
        ([[("contrast", 1)], [("jpeg", 2)]], ["none", "distorted-1"]),
        ([[("contrast", 1), ("jpeg", 2)], [("contrast", 1), ("contrast", 2)]], TWO_DRAWN),
    ],
    ids=["drawn levels", "all levels", "some levels", "drawn kinds", "drawn kinds and levels"],
)  # fmt: skip
def test_names_do_not_depend_on_what_was_drawn(
    drawn: list[Variants], names: list[str], film: Callable[..., Video]
) -> None:
    for found in view_names(scenes(film, *drawn, roles=("query", "key"))):
        by_role = defaultdict(list)
        for name in found:
            role, _, view = name.partition(".")
            by_role[role].append(view)
        assert by_role == {"query": names, "key": names}


def test_a_key_clip_of_other_variants_does_not_change_the_query(film: Callable[..., Video]) -> None:
    query = clips_of(film("a.mp4"), variants=(("none", 0), ("contrast", 2)))
    key = clips_of(film("a.mp4"), roles=("key",))
    assert view_names([[*query, *key]]) == [("query.none", "query.contrast", "key.none")]


@pytest.mark.parametrize("drawn", [("contrast", "contrast"), ("contrast", "jpeg")], ids=["levels", "kinds"])
def test_the_rule_of_hugging_face_datasets_holds(
    drawn: tuple[str, str], film: Callable[..., Video], tmp_path: Path
) -> None:
    """Its webdataset builder wants the same names, up to the first dot, in all of the samples it looks at first."""
    clips = [clip for scene in scenes(film, [(drawn[0], 1)], [(drawn[1], 2)], [(drawn[0], 3)]) for clip in scene]
    make_shards(clips, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None)
    columns = defaultdict(set)
    with tarfile.open(tmp_path / "shards" / "000000.tar") as tar:
        for name in tar.getnames():
            key, _, column = name.partition(".")
            columns[key].add(column)
    assert len(columns) == 3
    assert len(set(map(frozenset, columns.values()))) == 1


def test_webdataset_finds_the_level_in_the_json(film: Callable[..., Video], tmp_path: Path) -> None:
    clips = [clip for scene in scenes(film, [("contrast", 1)], [("contrast", 3)]) for clip in scene]
    make_shards(clips, tmp_path, ShardSettings(spatial="native"), Inline(), lambda _n, _d: None)
    read = webdataset.WebDataset(str(tmp_path / "shards" / "000000.tar"), shardshuffle=False).decode()
    levels = []
    for sample in read:
        (view,) = (
            view for view in sample["json"]["views"] if view["member"] == f"{sample['__key__']}.query.contrast.npy"
        )
        assert sample["query.contrast.npy"].shape == (4, 64, 96, 3)
        levels.append(view["level"])
    assert sorted(levels) == [1, 3]
