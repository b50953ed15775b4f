"""Each row of the papers from a stand-in of its data set to its report, with tiny networks.

`python -m tests.papers.stand_in FOOTAGE WORK [ROW...]` runs all rows, or those whose path begins with a word;
FOOTAGE is a folder of `vqaprep samples`.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tests.papers.folders import make
from vqaprep.jobs import Common, get_job
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline
from vqaprep.settings import read_pipeline

PAPERS = Path(__file__).parents[2] / "pipelines" / "papers"
_TRAIN = {"preset": "tiny", "epochs": 1, "batch": 4, "passes": 1, "loader_workers": 0, "accelerator": "cpu"}
_CLIPS = {"num_frames": 16, "interval": 1, "clips": 1}
_CHANGES: dict[str, dict[str, Any]] = {
    "pretrain": _TRAIN, "train": _TRAIN, "finetune": _TRAIN, "ucf": _TRAIN, "hmdb_train": _TRAIN, "st_vqrl": _TRAIN,
    "fine": _TRAIN | {"set": []},
    "distort": {"kinds": ["gaussian_blur", "jpeg"]},
    "speed": _CLIPS, "versions": _CLIPS, "target_clips": _CLIPS, "pristine_clips": _CLIPS, "hmdb_clips": _CLIPS,
    "windows": {"clips": 2}, "trim": {"head_s": 1, "tail_s": 1},
}  # fmt: skip
_SMALL = ("shard", "pretext", "window_shards", "hmdb_shards", "large")
_NUM_FOLDS = 3
_WEIGHTS_OF = {"swin": "st_vqrl", "resnet50": "pace_vqa"}
_DATA = {"ssl_v3/hockey_fight": "hockey_fight", "ssl_vqa": "lsvq", "speediness": "ucf101", "dualpath_vqa": "kvq"}


def rows() -> list[Path]:
    """Return the file of every row."""
    shared = {PAPERS / "ssl_v3" / "iconect.toml", PAPERS / "speediness" / "ucf101.toml"}
    return sorted(set(PAPERS.rglob("*.toml")) - shared)


def run_row(row: Path, work: Path, footage: Path | None = None) -> list[str]:
    """Run a row with tiny networks on a stand-in, and return its report beside the paper's numbers.

    Films are drawn without `footage`; the rows of I-CONECT need it.
    """
    pipeline, out = read_pipeline(row), work / "-".join(row.relative_to(PAPERS).with_suffix("").parts)
    out.mkdir(parents=True, exist_ok=True)
    file = out / row.name
    file.write_text(_shrunk(row), encoding="utf-8")
    family = row.parent.relative_to(PAPERS)
    data = make(_DATA.get(family.as_posix(), family.name), work, footage)
    named = tuple(f"{name}={_input(name, work, footage)}" for name in pipeline.inputs)
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
        if name in _SMALL and (step.model_extra or {}).get("spatial") in ("resize", "face"):
            changes[name] = {"size_px": 40}
        if name == "speed" and (step.model_extra or {}).get("num_frames", 16) == 16:
            changes[name] = {"clips": 1}
        if name.endswith("_clips"):
            changes[name] = _CLIPS
    if "trim" in names:
        changes["split"] = {"folds": _NUM_FOLDS}
    if "st_vqrl" in names:
        kept = (names["st_vqrl"].model_extra or {}).get("set", [])
        changes["st_vqrl"] = _TRAIN | {"set": [*kept, "num_versions=3"]}
    each = {word: values[:2] for word, values in pipeline.each.items()}
    lines = [f"base = {json.dumps(str(row))}"]
    lines += ["[each]", *(f"{word} = {json.dumps(values)}" for word, values in each.items())] if each else []
    for name, change in changes.items():
        lines += [f"[change.{name}]", *(f"{key} = {json.dumps(value)}" for key, value in change.items())]
    return "\n".join(lines) + "\n"


def _input(name: str, work: Path, footage: Path | None) -> Path:
    if name not in _WEIGHTS_OF:
        return make(name, work, footage)
    from vqaprep.training.systems import build, load_module

    system, target = _WEIGHTS_OF[name], work / f"{name}.pth"
    torch.save(build(system, load_module(system).PRESETS["tiny"]).state_dict(), target)
    return target


def main(footage: Path, work: Path, asked: Sequence[str]) -> None:
    """Run the rows whose path below `pipelines/papers` begins with one of the words, or all."""
    torch.set_num_threads(1)
    for row in rows():
        name = row.relative_to(PAPERS).as_posix()
        if not asked or name.startswith(tuple(asked)):
            print(f"\n{name}", *run_row(row, work, footage), sep="\n", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
