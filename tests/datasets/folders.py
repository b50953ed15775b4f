"""Made-up folders in the layout of each known data set: empty videos, and tables with a few true-to-form rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Expected = dict[str, dict[str, Any]]
"""Path below the root to the columns that must come out, `dataset` left out where it is the file's name."""


@dataclass(frozen=True)
class Folder:
    """Files and what they mean. `needed` is a file without which the folder is refused."""

    expected: Expected
    tables: dict[str, str] = field(default_factory=dict)
    needed: str | None = None
    missing: tuple[str, ...] = ()
    make: Callable[[Path], None] | None = None

    def build(self, root: Path) -> Path:
        """Write the folder and return it."""
        for path in self.expected:
            _write(root / path, "")
        for path, text in self.tables.items():
            _write(root / path, text)
        if self.make is not None:
            self.make(root)
        return root


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def _live_vqc_scores(root: Path) -> None:
    import numpy as np
    from scipy.io import savemat

    names = np.empty((2, 1), dtype=object)
    names[:, 0] = ["A001.mp4", "A002.mp4"]
    savemat(root / "data.mat", {"video_list": names, "mos": np.array([[80.5], [12.0]])})


def _live_qualcomm_scores(root: Path) -> None:
    import numpy as np
    from scipy.io import savemat

    names, kinds = np.empty((3, 1), dtype=object), np.empty((1, 2), dtype=object)
    names[:, 0] = ["0723_Tree_GS5_03.yuv", "0913playSand_GS5_20150913.yuv", "0918_View_HTCOneVX.yuv"]
    kinds[0] = ["Artifacts", "Color"]
    videos = {"vidNames": names, "distortionNames": kinds, "distortionType": np.array([[1], [2], [2]])}
    scores = {"unBiasedMOS": np.array([[41.5], [62.25], [20.0]]), "biasedMOS": np.array([[1.0], [2.0], [3.0]])}
    told = {"qualcommVideoData": videos, "qualcommSubjectiveData": scores}
    savemat(root / "qualcommSubjectiveData.mat", told)


FOLDERS: dict[str, Folder] = {
    "iconect": Folder(
        {
            "S01/Movie Genres/1.mp4": {"subject_id": "S01", "theme": "Movie Genres", "label": "MCI"},
            "S01/School Subjects/2/a.mp4": {"subject_id": "S01", "theme": "School Subjects", "label": "MCI"},
            "S02/Movie Genres/1.mp4": {"subject_id": "S02", "theme": "Movie Genres", "label": "NC"},
        },
        {"participants.csv": "subject_id,label\nS01,MCI\nS02,NC\nS03,NC\n"},
        missing=("S03",),
    ),
    "hockey_fight": Folder(
        {"HockeyFights/fi1_xvid.avi": {"label": "fight"}, "HockeyFights/no12_xvid.avi": {"label": "nofight"}}
    ),
    "surv_fight": Folder(
        {
            "fight/fi001.mp4": {"label": "fight", "group_id": "film-0"},
            "fight/fi031.mp4": {"label": "fight", "group_id": "clip-fight/fi031.mp4"},
            "noFight/nofi001.mp4": {"label": "nofight", "group_id": "film-0"},
        },
        {
            "groups.csv": "path,fight,source_group\r\nfight/fi001.mp4,1,0\r\nfight/fi031.mp4,1,\r\n"
            "noFight/nofi001.mp4,0,0"
        },
        needed="groups.csv",
    ),
    "ucf101": Folder(
        {
            "UCF-101/Archery/v_Archery_g01_c02.avi": {
                "label": "Archery",
                "group_id": "Archery-g01",
                "split": "test",
            },
            "UCF-101/HandstandPushups/v_HandStandPushups_g08_c01.avi": {
                "label": "HandstandPushups",
                "group_id": "HandstandPushups-g08",
                "split": "train",
            },
        },
        {
            "lists/trainlist01.txt": "HandStandPushups/v_HandStandPushups_g08_c01.avi 37\n",
            "lists/testlist01.txt": "Archery/v_Archery_g01_c02.avi\n",
            "lists/trainlist02.txt": "Archery/v_Archery_g01_c02.avi 3\n",
            "lists/testlist02.txt": "HandStandPushups/v_HandStandPushups_g08_c01.avi\n",
        },
        needed="lists/testlist01.txt",
    ),
    "hmdb51": Folder(
        {
            "wave/Alien_Night_wave_u_cm_np1_fr_med_3.avi": {
                "label": "wave",
                "group_id": "wave-Alien_Night",
                "split": "train",
            },
            "wave/#20_wave_u_nm_np1_fr_goo_0.avi": {"label": "wave", "group_id": "wave-#20", "split": "test"},
            "wave/#20_wave_u_nm_np1_fr_goo_1.avi": {"label": "wave", "group_id": "wave-#20"},
        },
        {
            "splits/wave_test_split1.txt": "Alien_Night_wave_u_cm_np1_fr_med_3.avi 1 \n"
            "#20_wave_u_nm_np1_fr_goo_0.avi 2 \n#20_wave_u_nm_np1_fr_goo_1.avi 0 \n",
            "splits/wave_test_split2.txt": "#20_wave_u_nm_np1_fr_goo_1.avi 2 \n",
        },
        needed="splits/wave_test_split1.txt",
    ),
    "kinetics": Folder(
        {
            "train/abseiling/0_-Ab_12345_000001_000011.mp4": {
                "label": "abseiling",
                "group_id": "0_-Ab_12345",
                "split": "train",
            },
            "val/zumba/zzzzzzzzzzz.mp4": {"label": "zumba", "group_id": "zzzzzzzzzzz", "split": "val"},
        },
        {
            "annotations/train.csv": "label,youtube_id,time_start,time_end,split\n"
            "abseiling,0_-Ab_12345,1,11,train\nabseiling,gone0000000,3,13,train\n",
            "annotations/val.csv": "label,youtube_id,time_start,time_end,split\nzumba,zzzzzzzzzzz,0,10,validate\n",
        },
        needed="annotations/train.csv",
        missing=("gone0000000_000003_000013",),
    ),
    "lsvq": Folder(
        {
            "yfcc-batch1/746.mp4": {"mos": 61.5, "split": "train"},
            "yfcc-batch2/746.mp4": {"mos": 40.0, "split": "test"},
            "ia-batch1/big.mp4": {"mos": 70.25, "split": "test", "dataset": "lsvq_1080p"},
        },
        {
            "labels_train_test.csv": "name,mos,mos_p1,is_test\n"
            "yfcc-batch1/746,61.5,60,False\nyfcc-batch2/746,40,41,True\n",
            "labels_test_1080p.csv": "name,mos,mos_p1\nia-batch1/big,70.25,70\n",
        },
        needed="labels_test_1080p.csv",
    ),
    "konvid_1k": Folder(
        {"KoNViD_1k_videos/3015192936.mp4": {"mos": 3.1}, "KoNViD_1k_videos/10053703034.mp4": {"mos": 4.5}},
        {"KoNViD_1k_mos.csv": "flickr_id,mos\n3015192936.0,3.1\n10053703034,4.5\n"},
        needed="KoNViD_1k_mos.csv",
    ),
    "live_vqc": Folder({"Video/A001.mp4": {"mos": 80.5}, "Video/A002.mp4": {"mos": 12.0}}, make=_live_vqc_scores),
    "live_qualcomm": Folder(
        {
            "Artifacts/0723_Tree_GS5_03.mkv": {"theme": "Artifacts", "mos": 41.5},
            "Color/0913playSand_GS5_20150913.mkv": {"theme": "Color", "mos": 62.25},
        },
        missing=("0918_View_HTCOneVX.yuv",),
        needed="qualcommSubjectiveData.mat",
        make=_live_qualcomm_scores,
    ),
    "live_vqa": Folder(
        {
            "pa1_25fps.mkv": {"group_id": "pa", "theme": "reference", "mos": 100.0},
            "pa2_25fps.mkv": {"group_id": "pa", "theme": "wireless", "mos": 60.0},
            "pa16_25fps.mkv": {"group_id": "pa", "theme": "mpeg2", "mos": 30.5},
        },
        {
            "live_video_quality_seqs.txt": "pa2_25fps.yuv\npa16_25fps.yuv\n",
            "live_video_quality_data.txt": "40.0\t97.1\n69.5\t80.2\n",
        },
        needed="live_video_quality_data.txt",
    ),
    "csiq": Folder(
        {
            "Keiba/Keiba_832x480_ref.mkv": {"group_id": "Keiba", "theme": "reference", "mos": 100.0, "mos_std": 0.0},
            "Keiba/Keiba_832x480_dst_01.mkv": {"group_id": "Keiba", "theme": "h264", "mos": 25.0, "mos_std": 10.5},
            "Keiba/Keiba_832x480_dst_18.mkv": {"group_id": "Keiba", "theme": "hevc", "mos": 80.0, "mos_std": 9.0},
        },
        {
            "csiq_video_quality_seqs.txt": "Keiba_832x480_ref.yuv\n"
            "Keiba_832x480_dst_01.yuv\t\nKeiba_832x480_dst_18.yuv\n",
            "csiq_video_quality_data.txt": "0 0\n75\t10.5\n20\t9\n",
        },
        needed="csiq_video_quality_seqs.txt",
    ),
    "youtube_ugc": Folder(
        {
            "Gaming/720P/Gaming_720P-0fdb.mkv": {"theme": "Gaming", "mos": 3.75},
            "Sports/Sports_1080P-1d78_orig.mp4": {"theme": "Sports", "mos": 4.0},
            "Vlog/Vlog_360P-0000.mkv": {"theme": "Vlog"},
        },
        {
            "original_videos_MOS_for_YouTube_UGC_dataset.csv": "vid,MOS full\n"
            "Gaming_720P-0fdb,3.75\nSports_1080P-1d78,4\n"
        },
        needed="original_videos_MOS_for_YouTube_UGC_dataset.csv",
    ),
    "kvq": Folder(
        {
            "train/0001.mp4": {"mos": 3.5, "split": "train"},
            "val/0002.mp4": {"mos": 2.0, "split": "val"},
            "test/0003.mp4": {},
        },
        {"train_data.csv": "filename,score\n0001.mp4,3.5\n", "truth.csv": "filename,score\n0002.mp4,2\n"},
        needed="train_data.csv",
    ),
}
