"""Every known data set: its made-up folder gives exactly the right columns, and a wrong one says what it lacks."""

import tomllib
from pathlib import Path

import pytest

from tests.datasets.folders import FOLDERS
from vqaprep.datasets.layout import dataset_names, describe
from vqaprep.datasets.load import load_dataset, read_dataset
from vqaprep.errors import InputError


@pytest.mark.parametrize("name", dataset_names())
def test_videos_get_exactly_the_columns_of_their_layout(name: str, tmp_path: Path) -> None:
    folder = FOLDERS[name]
    root = folder.build(tmp_path)
    found = {video.path.relative_to(root).as_posix(): video.columns for video in load_dataset(name, root)}
    assert found == {path: {"dataset": name} | columns for path, columns in folder.expected.items()}


@pytest.mark.parametrize("name", dataset_names())
def test_names_without_a_file_are_reported(name: str, tmp_path: Path) -> None:
    folder = FOLDERS[name]
    assert read_dataset(name, folder.build(tmp_path)).missing == folder.missing


@pytest.mark.parametrize("name", dataset_names())
def test_folder_without_videos_is_refused_with_the_expected_place(name: str, tmp_path: Path) -> None:
    (tmp_path / "readme.txt").touch()
    with pytest.raises(InputError, match="expected") as error:
        load_dataset(name, tmp_path)
    assert describe(name).video[0].path in str(error.value)


@pytest.mark.parametrize("name", [name for name in dataset_names() if FOLDERS[name].needed])
def test_folder_without_its_label_file_is_refused_by_that_name(name: str, tmp_path: Path) -> None:
    folder = FOLDERS[name]
    root = folder.build(tmp_path)
    (root / str(folder.needed)).unlink()
    with pytest.raises(InputError, match="lacks"):
        load_dataset(name, root)


@pytest.mark.parametrize("name", dataset_names())
def test_manifest_says_what_people_must_know(name: str) -> None:
    known = describe(name)
    assert known.licence and known.protocol and known.notes and known.traps
    assert "://" not in known.homepage
    assert (known.score is not None) == (known.task == "quality")


def test_every_data_set_has_a_made_up_folder_and_every_folder_a_data_set() -> None:
    assert sorted(FOLDERS) == dataset_names()


def test_every_file_beside_the_manifests_is_plain_toml_or_their_description() -> None:
    folder = Path(__file__).resolve().parents[2] / "data_manifests"
    for path in folder.glob("*.toml"):
        assert tomllib.loads(path.read_text(encoding="utf-8")), path
