"""Small folders in the layout of the papers' data sets, with films that move, and each row of the papers on them.

`python -m tests.papers.stand_in WORK [ROW...]` runs rows, by default all but I-CONECT's, whose faces cannot be drawn.
"""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.io import savemat

from tests.films import pictures, write_film
from vqaprep.jobs import Common, get_job
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.settings import read_pipeline

PAPERS = Path(__file__).parents[2] / "pipelines" / "papers"
NUM_FRAMES = 72
_TRAIN = {"preset": "tiny", "epochs": 1, "batch": 4, "passes": 1, "loader_workers": 0, "accelerator": "cpu"}
_CLIPS = {"num_frames": 16, "interval": 1, "clips": 1}
_CHANGES: dict[str, dict[str, Any]] = {
    "pretrain": _TRAIN, "train": _TRAIN, "finetune": _TRAIN, "ucf": _TRAIN, "hmdb_train": _TRAIN, "st_vqrl": _TRAIN,
    "fine": _TRAIN | {"set": ["is_checkpointed=true"]},
    "distort": {"kinds": ["gaussian_blur", "jpeg"]},
    "speed": _CLIPS, "versions": _CLIPS, "target_clips": _CLIPS, "pristine_clips": _CLIPS, "hmdb_clips": _CLIPS,
    "windows": {"clips": 2},
}  # fmt: skip
_SMALL = ("shard", "pretext", "window_shards", "hmdb_shards", "large")
_DATA = {"ssl_v3/hockey_fight": "hockey_fight", "ssl_vqa": "lsvq", "speediness": "ucf101", "dualpath_vqa": "kvq"}


def rows() -> list[Path]:
    """Return the file of every row."""
    shared = {PAPERS / "ssl_v3" / "iconect.toml", PAPERS / "speediness" / "ucf101.toml"}
    return sorted(set(PAPERS.rglob("*.toml")) - shared)


def run_row(row: Path, work: Path) -> list[str]:
    """Run a row with tiny networks on made-up films, and return its report beside the paper's numbers."""
    pipeline, out = read_pipeline(row), work / "-".join(row.relative_to(PAPERS).with_suffix("").parts)
    out.mkdir(parents=True, exist_ok=True)
    file = out / row.name
    file.write_text(_shrunk(row), encoding="utf-8")
    family = row.parent.relative_to(PAPERS)
    data = make(_DATA.get(family.as_posix(), family.name), work)
    named = tuple(f"{name}={_input(name, work)}" for name in pipeline.inputs)
    run_pipeline(
        file, out / "run", PipelineSettings(input=(str(data), *named)), Common(workers=1, cache=work / "cache")
    )
    report = get_job("report")
    return report.run(out / "run", Path(), report.settings(against="paper"), Common())


def _shrunk(row: Path) -> str:
    """Return a pipeline on top of `row` that has tiny networks, clips and pictures."""
    pipeline = read_pipeline(row)
    names = {step.called: step for step in pipeline.step}
    changes = {name: dict(change) for name, change in _CHANGES.items() if name in names}
    for name, step in names.items():
        if name in _SMALL and (step.model_extra or {}).get("spatial") == "resize":
            changes[name] = {"size_px": 40}
        if name == "speed" and (step.model_extra or {}).get("num_frames", 16) == 16:
            changes[name] = {"clips": 1}
        if name.endswith("_clips"):
            changes[name] = _CLIPS
    if "st_vqrl" in names:
        kept = (names["st_vqrl"].model_extra or {}).get("set", [])
        changes["st_vqrl"] = _TRAIN | {"set": [*kept, "num_versions=3"]}
    each = {word: values[:2] for word, values in pipeline.each.items()}
    lines = [f"base = {json.dumps(str(row))}"]
    lines += ["[each]", *(f"{word} = {json.dumps(values)}" for word, values in each.items())] if each else []
    for name, change in changes.items():
        lines += [f"[change.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in change.items())]
    return "\n".join(lines) + "\n"


def make(dataset: str, work: Path) -> Path:
    """Return a folder in the layout of a data set, made where it is not there yet."""
    root = work / "data" / dataset
    if not root.exists():
        _MAKERS[dataset](root)
    return root


def _input(name: str, work: Path) -> Path:
    if name != "swin":
        return make(name, work)
    from vqaprep.train.systems import build, load_module

    target = work / "swin.pth"
    torch.save(build("st_vqrl", load_module("st_vqrl").PRESETS["tiny"]).state_dict(), target)
    return target


def _films(root: Path, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shown = pictures(NUM_FRAMES, shade=40 + 150 * number // len(names), step_px=1 + number % 4)
        write_film(root / name, shown)


def _table(path: Path, head: str, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head] * bool(head) + list(lines)) + "\n", encoding="utf-8")


def _hockey_fight(root: Path) -> None:
    _films(root, [f"{kind}{i}_xvid.mp4" for i in range(1, 11) for kind in ("fi", "no")])


def _ucf101(root: Path) -> None:
    names = [f"{a}/v_{a}_g{g:02d}_c01.mp4" for g in range(1, 7) for a in ("Archery", "Bowling")]
    _films(root / "UCF-101", names)
    _table(root / "lists/trainlist01.txt", "", [f"{name} 1" for name in names[:8]])
    _table(root / "lists/testlist01.txt", "", names[8:])


def _hmdb51(root: Path) -> None:
    for kind in ("wave", "jump"):
        names = [f"film{i}_{kind}_u_cm_np1_fr_med_0.mp4" for i in range(4)]
        _films(root / kind, names)
        _table(root / f"splits/{kind}_test_split1.txt", "", [f"{n} {1 + (i > 1)}" for i, n in enumerate(names)])


def _live_vqa(root: Path) -> None:
    scenes = ("bs", "mc", "pa", "pr", "rb")
    names = [f"{scene}{n}_25fps" for scene in scenes for n in (2, 9, 13)]
    _films(root, [f"{name}.mp4" for name in names])
    _table(root / "live_video_quality_seqs.txt", "", [f"{name}.yuv" for name in names])
    _table(root / "live_video_quality_data.txt", "", [f"{30 + 3 * i}\t1" for i in range(len(names))])


def _csiq(root: Path) -> None:
    names = [f"s{scene}/s{scene}_832x480_dst_{n}" for scene in "abcdef" for n in ("01", "07", "16")]
    _films(root, [f"{name}.mp4" for name in names])
    _table(root / "csiq_video_quality_seqs.txt", "", [f"{Path(name).name}.yuv" for name in names])
    _table(root / "csiq_video_quality_data.txt", "", [f"{10 + 4 * i} 1" for i in range(len(names))])


def _konvid_1k(root: Path) -> None:
    _films(root / "KoNViD_1k_videos", [f"{i}.mp4" for i in range(100, 115)])
    _table(root / "KoNViD_1k_mos.csv", "flickr_id,mos", [f"{i},{1 + (i - 100) / 4:.2f}" for i in range(100, 115)])


def _live_vqc(root: Path) -> None:
    names = np.empty((15, 1), dtype=object)
    names[:, 0] = [f"A{i:03d}.mp4" for i in range(15)]
    _films(root / "Video", list(names[:, 0]))
    savemat(root / "data.mat", {"video_list": names, "mos": 5.0 * np.arange(1, 16)[:, None]})


def _lsvq(root: Path) -> None:
    names = [f"yfcc-batch1/{i}" for i in range(14)]
    large = [f"ia-batch1/{i}" for i in range(4)]
    _films(root, [f"{name}.mp4" for name in (*names, *large)])
    lines = [f"{name},{20 + 4 * i},0,{i >= 10}" for i, name in enumerate(names)]
    _table(root / "labels_train_test.csv", "name,mos,mos_p1,is_test", lines)
    _table(
        root / "labels_test_1080p.csv", "name,mos,mos_p1", [f"{name},{30 + 9 * i},0" for i, name in enumerate(large)]
    )


def _youtube_ugc(root: Path) -> None:
    names = [f"Gaming_720P-{i:04d}" for i in range(15)]
    _films(root / "Gaming/720P", [f"{name}.mp4" for name in names])
    table = root / "original_videos_MOS_for_YouTube_UGC_dataset.csv"
    _table(table, "vid,MOS full", [f"{name},{1 + i / 4:.2f}" for i, name in enumerate(names)])


def _kvq(root: Path) -> None:
    _films(root / "train", [f"{i:04d}.mp4" for i in range(6)])
    _films(root / "val", [f"{i:04d}.mp4" for i in range(10, 14)])
    _table(root / "train_data.csv", "filename,score", [f"{i:04d}.mp4,{1 + i / 2}" for i in range(6)])
    _table(root / "truth.csv", "filename,score", [f"{i:04d}.mp4,{i - 9}" for i in range(10, 14)])


def _plain(root: Path) -> None:
    _films(root, [f"{i}.mp4" for i in range(4)])


_MAKERS: dict[str, Callable[[Path], None]] = {
    "hockey_fight": _hockey_fight, "ucf101": _ucf101, "hmdb51": _hmdb51, "live_vqa": _live_vqa, "csiq": _csiq,
    "konvid_1k": _konvid_1k, "live_vqc": _live_vqc, "lsvq": _lsvq, "youtube_ugc": _youtube_ugc, "kvq": _kvq,
    "sources": _plain, "pristine": _plain,
}  # fmt: skip


def main(work: Path, asked: Sequence[str]) -> None:
    """Run the rows whose path below `pipelines/papers` begins with one of the words, or all that films can be."""
    torch.set_num_threads(1)
    for row in rows():
        name = row.relative_to(PAPERS).as_posix()
        is_interview = row.parent.parent.name == "ssl_v3" and row.parent.name != "hockey_fight"
        if any(name.startswith(word) for word in asked) or not (asked or is_interview):
            print(f"\n{name}", *run_row(row, work), sep="\n", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
