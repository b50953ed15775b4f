"""What a power cut or a lost file leaves is repaired by the same command, or by the one that the message names."""

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.calling import call
from tests.faults.project import STEPS, begin, content, make

Damage = Callable[[Path], object]
_TEMPORARY = f".{16 * '0'}.tmp"


def lost(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def other_json(path: Path) -> None:
    path.write_bytes(b"{}")


def temporary(path: Path) -> None:
    """Leave a file half written beside a whole one, as a kill does."""
    path.with_name(f".{path.name}{_TEMPORARY}").write_bytes(b"half written")


def torn(path: Path) -> None:
    """Leave a journal that ends within a line, as an append that was cut off does."""
    path.write_bytes(b'{"item": "' + 20 * b"a")


@dataclass(frozen=True)
class State:
    """A damage to one file of the OUT folder `step`, in which files may be lost besides.

    `unfinished` takes `run.json` away, as if the power went before the end. `remedy` is what the message of the same
    command must name, where that command cannot repair alone.
    """

    step: str
    file: str
    damage: Damage
    unfinished: bool = False
    also_lost: tuple[str, ...] = ()
    remedy: str = ""
    is_spent: bool = False
    """Whether nothing needs the file any more, so that it stays as it is."""

    @property
    def id(self) -> str:
        when = "unfinished" if self.unfinished else "complete"
        return f"{self.step} {when}: {self.file} {self.damage.__name__}"


def _states() -> Iterator[State]:
    for damage in (lost, empty, half, zeros):
        yield State("scan", "manifest.parquet", damage)
        yield State("scan", "run.json", damage)
        yield State("shard", "index.parquet", damage)
        yield State("shard", "shards/000000.tar", damage)
        yield State("train", "model.safetensors", damage)
    for damage in (lost, half):
        yield State("scan", "dropped.parquet", damage)
        yield State("trim", "media/*.mp4", damage)
        yield State("shard", "shards/000001.json", damage)
        yield State("shard", "plan.parquet", damage)
        yield State("train", "meta.json", damage)
        yield State("train", "curve.csv", damage)
        yield State("evaluate", "metrics.json", damage)
        yield State("evaluate", "predictions.parquet", damage)
        yield State("compare", "comparison.md", damage)
        yield State("run", "01-scan/manifest.parquet", damage)
    yield State("score", "scores.csv", half)
    yield State("score", "plots/*.png", lost)
    yield State("run", "pipeline.json", lost)
    yield State("run", "pipeline.json", half, remedy="remove it")
    yield State("run", "pipeline.json", temporary)
    yield State("scan", "started.json", empty)
    yield State("scan", "scan.journal.jsonl", torn)
    yield State("train", "state.pt", half, is_spent=True)
    for damage in (empty, half, zeros):
        yield State("shard", "plan.parquet", damage, unfinished=True, also_lost=("index.parquet", "shards/000001.*"))
        yield State("shard", "shards/000000.tar", damage, unfinished=True, also_lost=("index.parquet",))
        yield State("train", "curve.csv", damage, unfinished=True, also_lost=("model.safetensors",))
    yield State("scan", "scan.journal.jsonl", torn, unfinished=True, also_lost=("*.parquet",))
    yield State("speed", "manifest.parquet", half, unfinished=True)
    late = ("index.parquet", "shards/000001.*")
    yield State("shard", "index.parquet", temporary, unfinished=True, also_lost=late)
    yield State("shard", "shards/000001.tar", temporary, unfinished=True, also_lost=late)
    yield State("shard", "shards/000000.json", empty, unfinished=True)
    yield State("train", "meta.json", temporary, unfinished=True)
    yield State("train", "state.pt", half, unfinished=True, remedy="--force")
    yield State("train", "state.pt", lost, unfinished=True, also_lost=("*.safetensors",))
    yield State("evaluate", "metrics.json", half, unfinished=True)
    for damage in (half, zeros, other_json):
        yield State("scan", "started.json", damage, unfinished=True, remedy="--force")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished project; each test damages a folder of it and puts it back."""
    folder = tmp_path_factory.mktemp("project")
    before = Path.cwd()
    os.chdir(folder)
    try:
        begin()
        make()
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def restored(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Work in the project's folder; what is called with a name of an OUT folder puts it back afterwards."""
    monkeypatch.chdir(project)
    kept: list[str] = []

    def keep(name: str) -> None:
        kept.append(name)
        shutil.copytree(name, tmp_path / name, symlinks=True)

    yield keep
    for name in kept:
        shutil.rmtree(name)
        shutil.copytree(tmp_path / name, name)


@pytest.mark.parametrize("state", list(_states()), ids=lambda state: state.id)
def test_a_state_that_a_power_cut_leaves_is_repaired(
    state: State, restored: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    restored(state.step)
    out, command = Path(state.step), STEPS[state.step]
    whole = content(out)
    for path in (path for pattern in state.also_lost for path in out.glob(pattern)):
        path.unlink()
    for path in sorted(out.glob(state.file))[:1] or [out / state.file]:
        state.damage(path)
    if state.unfinished:
        (out / "run.json").unlink(missing_ok=True)
    capsys.readouterr()
    assert call("status", out) == 0
    code = call(*command)
    said = capsys.readouterr().err
    assert "Traceback" not in said and "does not expect" not in said
    if state.remedy:
        assert code != 0 and state.remedy in said
        if state.remedy == "--force":
            command = (*command, "--force")
        else:
            (named,) = re.findall(rf"{re.escape(str(out))}/\S+", said)
            Path(shlex.split(named)[0]).unlink()
        code = call(*command)
        said = capsys.readouterr().err
    assert code == 0, said
    found = content(out)
    if state.is_spent:
        whole.pop(state.file), found.pop(state.file)
    assert found == whole
    assert not list(out.rglob("*.tmp")) and not list(out.rglob("*.journal.jsonl"))


def test_scores_that_were_not_yet_joined_are_made_again_where_damaged(
    restored: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    restored("score")
    whole = content(Path("score"))
    shutil.rmtree("score")
    with monkeypatch.context() as patch:
        patch.setattr("vqaprep.evaluation.score.gather", _interrupted)
        assert call(*STEPS["score"]) == 130
    first, second = sorted(Path("score/parts").iterdir())
    half(first)
    second.unlink()
    assert call(*STEPS["score"]) == 0
    assert content(Path("score")) == whole


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("damage", [lost, empty, half, zeros, temporary])
def test_a_cached_look_that_is_damaged_is_made_again(
    damage: Damage, restored: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    restored("speed")
    whole = content(Path("speed"))
    for is_damaged in (False, True):
        shutil.rmtree("speed")
        if is_damaged:
            for path in [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]:
                damage(path)
            if damage is temporary:  # the kill came before there was a whole file
                for path in (tmp_path / "cache").rglob("*.parquet"):
                    path.unlink()
        assert call(*STEPS["speed"]) == 0
        assert content(Path("speed")) == whole
    assert list((tmp_path / "cache").rglob("*.look*.tmp")) == []


def test_a_flipped_bit_in_a_cached_look_is_found(
    restored: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    restored("speed")
    whole = content(Path("speed"))
    for at_share in (0.0, 0.1, 0.2, 0.3):
        shutil.rmtree("speed")
        for path in (tmp_path / "cache").rglob("*.look*.parquet"):
            data = bytearray(path.read_bytes())
            data[int(at_share * len(data))] ^= 1
            path.write_bytes(data)
        assert call(*STEPS["speed"]) == 0
        assert content(Path("speed")) == whole
