"""Small folders in the layout of the papers' data sets: true names and tables, made-up scores."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.papers.films import interviews, short_films


def make(dataset: str, work: Path, footage: Path | None = None) -> Path:
    """Return a folder in the layout of a data set, made where it is not there yet.

    Raises:
        ValueError: it is one of interviews, and there is no `footage`.
    """
    root = work / "data" / dataset
    if root.exists():
        return root
    if dataset not in _THEMES:
        _MAKERS[dataset](root, short_films(work / "films", footage))
    elif footage is None:
        raise ValueError(f"{dataset}: faces cannot be drawn; give a folder of `vqaprep samples`")
    else:
        _iconect(root, interviews(work / "interviews", footage), _THEMES[dataset])
    return root


def _fill(root: Path, names: Sequence[str], films: Sequence[Path]) -> None:
    for name, film in zip(names, films[: len(names)], strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(film, root / name)


def _table(path: Path, head: str, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head] * bool(head) + list(lines)) + "\n", encoding="utf-8")


def _iconect(root: Path, films: Sequence[Path], theme: str) -> None:
    people = [f"S{number:02d}" for number in range(len(films))]
    _fill(root, [f"{person}/{theme}/1.mp4" for person in people], films)
    labels = [f"{person},{('MCI', 'NC')[number % 2]}" for number, person in enumerate(people)]
    _table(root / "participants.csv", "subject_id,label", labels)


def _hockey_fight(root: Path, films: Sequence[Path]) -> None:
    _fill(root, [f"{kind}{i}_xvid.mp4" for i in range(1, 11) for kind in ("fi", "no")], films)


def _ucf101(root: Path, films: Sequence[Path]) -> None:
    names = [f"{a}/v_{a}_g{g:02d}_c01.mp4" for g in range(1, 7) for a in ("Archery", "Bowling")]
    _fill(root / "UCF-101", names, films)
    _table(root / "lists/trainlist01.txt", "", [f"{name} 1" for name in names[:8]])
    _table(root / "lists/testlist01.txt", "", names[8:])


def _hmdb51(root: Path, films: Sequence[Path]) -> None:
    for kind, own in (("wave", films[:4]), ("jump", films[4:])):
        names = [f"film{i}_{kind}_u_cm_np1_fr_med_0.mp4" for i in range(4)]
        _fill(root / kind, names, own)
        _table(root / f"splits/{kind}_test_split1.txt", "", [f"{n} {1 + (i > 1)}" for i, n in enumerate(names)])


def _live_vqa(root: Path, films: Sequence[Path]) -> None:
    scenes = ("bs", "mc", "pa", "pr", "rb")
    names = [f"{scene}{n}_25fps" for scene in scenes for n in (2, 9, 13)]
    _fill(root, [f"{name}.mp4" for name in names], films)
    _table(root / "live_video_quality_seqs.txt", "", [f"{name}.yuv" for name in names])
    _table(root / "live_video_quality_data.txt", "", [f"{30 + 3 * i}\t1" for i in range(len(names))])


def _csiq(root: Path, films: Sequence[Path]) -> None:
    names = [f"s{scene}/s{scene}_832x480_dst_{n}" for scene in "abcdef" for n in ("01", "07", "16")]
    _fill(root, [f"{name}.mp4" for name in names], films)
    _table(root / "csiq_video_quality_seqs.txt", "", [f"{Path(name).name}.yuv" for name in names])
    _table(root / "csiq_video_quality_data.txt", "", [f"{10 + 4 * i} 1" for i in range(len(names))])


def _konvid_1k(root: Path, films: Sequence[Path]) -> None:
    _fill(root / "KoNViD_1k_videos", [f"{i}.mp4" for i in range(100, 115)], films)
    _table(root / "KoNViD_1k_mos.csv", "flickr_id,mos", [f"{i},{1 + (i - 100) / 4:.2f}" for i in range(100, 115)])


def _live_vqc(root: Path, films: Sequence[Path]) -> None:
    names = np.empty((15, 1), dtype=object)
    names[:, 0] = [f"A{i:03d}.mp4" for i in range(15)]
    _fill(root / "Video", list(names[:, 0]), films)
    savemat(root / "data.mat", {"video_list": names, "mos": 5.0 * np.arange(1, 16)[:, None]})


def _live_qualcomm(root: Path, films: Sequence[Path]) -> None:
    names, kinds = np.empty((15, 1), dtype=object), ("Artifacts", "Color", "Focus")
    names[:, 0] = [f"{i:04d}_Scene_GS5.yuv" for i in range(15)]
    _fill(root, [f"{kinds[i % 3]}/{i:04d}_Scene_GS5.mp4" for i in range(15)], films)
    scores = {"unBiasedMOS": 4.0 * np.arange(1, 16)[:, None]}
    told = {"qualcommVideoData": {"vidNames": names}, "qualcommSubjectiveData": scores}
    savemat(root / "qualcommSubjectiveData.mat", told)


def _lsvq(root: Path, films: Sequence[Path]) -> None:
    names = [f"yfcc-batch1/{i}" for i in range(14)]
    large = [f"ia-batch1/{i}" for i in range(4)]
    _fill(root, [f"{name}.mp4" for name in (*names, *large)], films)
    lines = [f"{name},{20 + 4 * i},0,{i >= 10}" for i, name in enumerate(names)]
    _table(root / "labels_train_test.csv", "name,mos,mos_p1,is_test", lines)
    lines = [f"{name},{30 + 9 * i},0" for i, name in enumerate(large)]
    _table(root / "labels_test_1080p.csv", "name,mos,mos_p1", lines)


def _youtube_ugc(root: Path, films: Sequence[Path]) -> None:
    names = [f"Gaming_720P-{i:04d}" for i in range(15)]
    _fill(root / "Gaming/720P", [f"{name}.mp4" for name in names], films)
    table = root / "original_videos_MOS_for_YouTube_UGC_dataset.csv"
    _table(table, "vid,MOS full", [f"{name},{1 + i / 4:.2f}" for i, name in enumerate(names)])


def _kvq(root: Path, films: Sequence[Path]) -> None:
    _fill(root / "train", [f"{i:04d}.mp4" for i in range(6)], films)
    _fill(root / "val", [f"{i:04d}.mp4" for i in range(10, 14)], films[6:])
    _table(root / "train_data.csv", "filename,score", [f"{i:04d}.mp4,{1 + i / 2}" for i in range(6)])
    _table(root / "truth.csv", "filename,score", [f"{i:04d}.mp4,{i - 9}" for i in range(10, 14)])


def _plain(root: Path, films: Sequence[Path]) -> None:
    _fill(root, [f"{i}.mp4" for i in range(4)], films)


_THEMES = {
    "crafts": "Crafts Hobbies",
    "day_time_tv": "Day Time TV Shows",
    "movie": "Movie Genres",
    "school": "School Subjects",
}
_MAKERS: dict[str, Callable[[Path, Sequence[Path]], None]] = {
    "hockey_fight": _hockey_fight,
    "ucf101": _ucf101,
    "hmdb51": _hmdb51,
    "live_vqa": _live_vqa,
    "csiq": _csiq,
    "konvid_1k": _konvid_1k,
    "live_vqc": _live_vqc,
    "live_qualcomm": _live_qualcomm,
    "lsvq": _lsvq,
    "youtube_ugc": _youtube_ugc,
    "kvq": _kvq,
    "sources": _plain,
    "pristine": _plain,
}
