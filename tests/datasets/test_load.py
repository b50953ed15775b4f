"""Loading a data set: the official splits, direction of scores, groups, contradictions and wrong folders."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.datasets.folders import FOLDERS
from tests.made import video
from vqaprep.datasets.load import load_dataset
from vqaprep.errors import InputError
from vqaprep.rows import Row
from vqaprep.stages.split import Split


def _columns(name: str, root: Path, *, official_split: int = 1) -> dict[str, dict[str, object]]:
    videos = load_dataset(name, root, official_split=official_split)
    return {video.path.name: dict(video.columns) for video in videos}


def test_unknown_data_set_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown data set 'ucf11'.*Did you mean 'ucf101'"):
        load_dataset("ucf11", tmp_path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is no folder; give the one that holds UCF101"):
        load_dataset("ucf101", tmp_path / "nowhere")


def test_second_official_split_changes_sides(tmp_path: Path) -> None:
    root = FOLDERS["ucf101"].build(tmp_path)
    first = {name: columns["split"] for name, columns in _columns("ucf101", root).items()}
    second = {name: columns["split"] for name, columns in _columns("ucf101", root, official_split=2).items()}
    assert set(first.values()) == {"train", "test"}
    assert second == {name: "test" if split == "train" else "train" for name, split in first.items()}


def test_official_split_that_was_never_published_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"hmdb51 has no official split 4; it has 1 to 3"):
        load_dataset("hmdb51", FOLDERS["hmdb51"].build(tmp_path), official_split=4)


@pytest.mark.parametrize(("name", "groups"), [("live_vqa", {"pa"}), ("csiq", {"Keiba"})])
def test_reference_and_its_distorted_versions_are_one_group(name: str, groups: set[str], tmp_path: Path) -> None:
    videos = _columns(name, FOLDERS[name].build(tmp_path)).values()
    assert {columns["group_id"] for columns in videos} == groups


def test_reference_scores_above_all_its_distorted_versions(tmp_path: Path) -> None:
    videos = _columns("csiq", FOLDERS["csiq"].build(tmp_path)).values()
    best = max(videos, key=lambda columns: float(str(columns["mos"])))
    assert best["theme"] == "reference"


def test_raw_video_is_refused_with_the_way_to_wrap_it(tmp_path: Path) -> None:
    (tmp_path / "pa2_25fps.yuv").touch()
    with pytest.raises(InputError, match=r"pa2_25fps.yuv.*ffv1"):
        load_dataset("live_vqa", tmp_path)


def test_score_off_the_published_scale_is_refused_by_its_line(tmp_path: Path) -> None:
    root = FOLDERS["konvid_1k"].build(tmp_path)
    (root / "KoNViD_1k_mos.csv").write_text("flickr_id,mos\n3015192936,62\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 2: score 62 is not on the published scale of 1 to 5"):
        load_dataset("konvid_1k", root)


def test_table_of_another_edition_is_refused_with_the_columns_it_has(tmp_path: Path) -> None:
    root = FOLDERS["konvid_1k"].build(tmp_path)
    (root / "KoNViD_1k_mos.csv").write_text("file_name,MOS\n3015192936.mp4,3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"no column for \{flickr_id\}; the table has file_name, MOS"):
        load_dataset("konvid_1k", root)


def test_video_in_train_and_test_is_refused_with_both_places(tmp_path: Path) -> None:
    root = FOLDERS["ucf101"].build(tmp_path)
    (root / "lists/testlist01.txt").write_text("HandStandPushups/v_HandStandPushups_g08_c01.avi\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"testlist01.txt line 1: split of .* is 'test', but 'train' in .*trainlist01"):
        load_dataset("ucf101", root)


def test_side_by_side_files_of_other_lengths_are_refused(tmp_path: Path) -> None:
    root = FOLDERS["live_vqa"].build(tmp_path)
    (root / "live_video_quality_data.txt").write_text("40 1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"has 2 rows, .* has 1"):
        load_dataset("live_vqa", root)


def test_clips_without_a_film_do_not_share_a_group(tmp_path: Path) -> None:
    root = FOLDERS["surv_fight"].build(tmp_path)
    (root / "groups.csv").write_text(
        "path,fight,source_group\nfight/fi001.mp4,1,\nfight/fi031.mp4,1,\nnoFight/nofi001.mp4,0,\n", encoding="utf-8"
    )
    assert len({columns["group_id"] for columns in _columns("surv_fight", root).values()}) == 3


def test_the_official_split_of_hmdb51_may_have_a_film_in_two_classes_on_both_sides(tmp_path: Path) -> None:
    root = FOLDERS["hmdb51"].build(tmp_path)
    name = "Alien_Night_run_f_cm_np1_ba_med_0.avi"
    (root / "run").mkdir()
    (root / "run" / name).touch()
    (root / "splits" / "run_test_split1.txt").write_text(f"{name} 2 \n", encoding="utf-8")
    known: list[dict[str, Any]] = [dict(one.columns) for one in load_dataset("hmdb51", root)]
    rows: list[Row] = [video(f"v{n}", **columns) for n, columns in enumerate(known) if "split" in columns]
    split = Split(method="official").decide(rows, np.random.default_rng(0))
    sides = {(row.group_id, row.split) for row in split}
    assert {("wave-Alien_Night", "train"), ("run-Alien_Night", "test")} <= sides
