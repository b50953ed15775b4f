"""What must not change when code is only moved: bytes of shards, loss curves and predictions, as digests.

    python -m benchmarks.identity                              # digests of this tree
    python -m benchmarks.identity FILM_OR_FOLDER ...           # and of the shards that pipelines/demo.toml makes of it
    python -m benchmarks.identity --between BEFORE AFTER ...   # what differs between two commits

Every number is of one thread at one seed, so two runs on one machine agree to the digit. The file runs in trees of
any commit since the folder `vqaprep/train` was there, so names are looked for where they are now and where they were.
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

# A system, and the settings that change what its examples are.
_RUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("action", ()),
    ("dualpath_vqa", ()),
    ("pace_vqa", ()),
    ("quality", ()),
    ("simplevqa", ()),
    ("speediness", ()),
    ("speediness", ("has_localization=false", "w_ctr=0")),
    ("ssl_v3", ()),
    ("ssl_vqa", ()),
    ("st_vqrl", ("num_versions=3",)),
    ("st_vqrl", ("num_versions=3", "view=temporal")),
)
_COMMAND = "import sys; from vqaprep.cli import main; sys.exit(main(sys.argv[1:]))"


def main(arguments: list[str]) -> int:
    """Print a digest for every file that a redesign must leave as it is, or what differs between two commits."""
    if arguments[:1] == ["--between"]:
        return _between(*arguments[1:3], footage=arguments[3:])
    for name, digest in digests(list(map(Path, arguments))):
        print(f"{digest}  {name}", flush=True)
    return 0


def digests(footage: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield (what, digest) of every part of this tree; a part that fails has its error in place of a digest."""
    import torch

    torch.set_num_threads(1)
    # An editable install would find modules of the installed tree that this one does not have.
    sys.meta_path[:] = [one for one in sys.meta_path if "editable" not in repr(one).lower()]
    parts = [(" ".join((system, *changes)), partial(_learning, system, changes)) for system, changes in _RUNS]
    parts += [("bench", _bench), *([("demo", partial(_demo, footage))] if footage else [])]
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, part) in enumerate(parts):
            try:
                yield from ((f"{name}: {what}", digest) for what, digest in part(Path(folder) / str(number)))
            except Exception as error:  # noqa: BLE001  an old commit may have a fault; the other parts are still compared
                yield name, f"failed: {type(error).__name__}: {error}"


def _learning(system: str, changes: tuple[str, ...], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of a system's shards, loss curve and predictions."""
    training = import_module("benchmarks.training")
    module = _there(f"vqaprep.models.{system}", f"models.{system}")
    size = module.PRESETS["tiny"]
    example = module.CONTRACT.example if hasattr(module, "CONTRACT") else module.Model.views
    made: dict[str, Any] = {"num_frames": size.num_frames, "side_px": size.size_px + 8, "films": 4, "clips": 2}
    # x264 by way of PyAV gives other bytes once in a while on a busy machine.
    if "coder" in signature(training.shards).parameters:
        made["coder"] = "mpeg4"
    else:
        vars(training)["write_film"] = partial(import_module("tests.films").write_film, coder="mpeg4")
    data = training.shards(folder / "shards", example, **made)
    yield from _shards(data)
    (run := folder / "run").mkdir()
    settings = _there("vqaprep.training.settings", "vqaprep.train.settings").TrainSettings(
        system=system, preset="tiny", set=changes, accelerator="cpu", loader_workers=0, batch=2, epochs=2, passes=2,
        pristine=data if system == "ssl_vqa" else None,
    )  # fmt: skip
    _there("vqaprep.training.loop", "vqaprep.train.loop").train(settings, data, run, seed=3)
    with (run / "curve.csv").open(newline="", encoding="utf-8") as file:
        losses = [row["value"] for row in csv.DictReader(file) if row["phase"] == "train" and row["name"] == "loss"]
    yield f"curve of {len(losses)} losses", _digest(" ".join(losses).encode())
    trained = _there("vqaprep.evaluation.trained", "vqaprep.evaluate.trained").load_run(run)
    predict = _there("vqaprep.evaluation.predict", "vqaprep.evaluate.predict").predictions
    table, _ = predict(trained, data, split="train", batch=2, draws=2, crops=2, seed=5)
    said = table[[name for name in sorted(table.columns) if name.startswith("said_")]]
    yield "predictions", _digest(said.to_csv(index=False, float_format="%.9g").encode())


def _bench(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of the shards of six views that `make bench` renders."""
    films, rendering = import_module("benchmarks.films"), import_module("benchmarks.rendering")
    folder.mkdir()
    for video in films.interviews(folder, seconds=4):
        out = folder / Path(video.uri).stem
        rendering.make(films.clips_of(video, films.SIX), out)
        yield from ((f"{out.name}: {what}", digest) for what, digest in _shards(out))


def _demo(footage: list[Path], folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of the shards that the demonstration makes of `footage`, without its training."""
    folder.mkdir()
    (videos := folder / "videos").mkdir()
    for path in footage:
        shutil.copytree(path, videos / path.name) if path.is_dir() else shutil.copy(path, videos)
    demo = Path("pipelines/demo.toml").read_text(encoding="utf-8")
    steps = demo.partition('[[step]]\nrun = "train"')[0]
    assert [step["run"] for step in tomllib.loads(steps)["step"]].count("shard") == 2
    (folder / "demo.toml").write_text(steps, encoding="utf-8")
    shutil.copy("pipelines/demo_people.csv", folder)
    command = [
        "run",
        str(folder / "demo.toml"),
        "--input",
        str(videos),
        "-o",
        str(folder / "out"),
        "--max-drop-rate",
        "1",
    ]
    done = subprocess.run([sys.executable, "-c", _COMMAND, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-300:])
    for out in sorted((folder / "out").glob("*-shard")):
        yield from ((f"{out.name}: {what}", digest) for what, digest in _shards(out))


def _shards(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the digests of all tars of a shard folder, of the pixels in them, and of their labels."""
    tars = sorted((folder / "shards").glob("*.tar"))
    pixels, labels = [], []
    for path in tars:
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member)
                content = file.read() if file else b""
                (labels if member.name.endswith(".json") else pixels).append(content)
    yield "tars", _digest(b"".join(path.read_bytes() for path in tars))
    yield f"{len(pixels)} clips", _digest("".join(sorted(map(_digest, pixels))).encode())
    yield "labels", _digest("".join(sorted(map(_labels, labels))).encode())


def _labels(record: bytes) -> str:
    """Return what a sample says of its clips, without what later versions of the record add."""
    values = json.loads(record)
    names = ("frames", "distortion", "level", "speed_class", "localization_class", "measures")
    whole = [values[name] for name in ("label", "mos", "split")]
    return json.dumps([whole, [[view.get(name) for name in names] for view in values["views"]]])


def _there(*names: str) -> Any:
    """Import the first of these modules that this tree has."""
    for name in names[:-1]:
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
    return import_module(names[-1])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _between(before: str, after: str, *, footage: list[str]) -> int:
    """Print what two commits make alike and what not; return 1 where something differs."""
    found = [_of_commit(commit, [str(Path(path).resolve()) for path in footage]) for commit in (before, after)]
    names = list(dict.fromkeys((*found[0], *found[1])))
    different = [name for name in names if found[0].get(name) != found[1].get(name)]
    print(f"{before} {after}: {len(names) - len(different)} of {len(names)} alike", flush=True)
    for name in different:
        print(f"  {name}: {found[0].get(name, 'nothing')} {found[1].get(name, 'nothing')}", flush=True)
    return int(bool(different))


def _of_commit(commit: str, footage: list[str]) -> dict[str, str]:
    """Return the digests of a commit, made in a checkout of its own and with a cache that nothing else fills."""
    cache = Path(os.environ.get("VQAPREP_CACHE", Path.home() / ".cache" / "vqaprep"))
    with tempfile.TemporaryDirectory() as folder:
        tree, own = Path(folder) / "tree", Path(folder) / "cache"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(tree), commit], check=True)
        own.mkdir()
        for name in ("weights", "samples"):
            if (cache / name).exists():
                (own / name).symlink_to(cache / name)
        how = os.environ | {"PYTHONPATH": str(tree), "VQAPREP_CACHE": str(own)}
        # -P: the folder of this file, whose modules have common names, is no place to import from.
        words = [sys.executable, "-P", str(Path(__file__).resolve()), *footage]
        try:
            done = subprocess.run(words, cwd=tree, env=how, stdout=subprocess.PIPE, text=True, check=True)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], check=True)
    return {name: digest for digest, _, name in (line.partition("  ") for line in done.stdout.splitlines())}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
