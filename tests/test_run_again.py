"""`run --force` does again what changed and what depends on it, and never removes trained weights."""

import json
from pathlib import Path

import pytest

from tests.films import pictures, write_film
from vqaprep.errors import InputError
from vqaprep.jobs import Common
from vqaprep.jobs.pipeline import PipelineSettings, run_pipeline

PIPELINE = """
summary = "test"
[[step]]
run = "scan"
[[step]]
run = "speed"
task = "fine"
pairs = true
num_frames = 8
clips = {clips}
min_motion = 0
max_still = 1
[[step]]
run = "split"
fractions = [1, 0, 0]
[[step]]
run = "shard"
spatial = "resize"
size_px = 32
[[step]]
run = "train"
system = "speediness"
preset = "tiny"
epochs = {epochs}
batch = 2
loader_workers = 0
accelerator = "cpu"
"""


def run(folder: Path, *, clips: int = 2, epochs: int = 1, force: bool = False, again: str | None = None) -> list[str]:
    """Run the pipeline and return the status of each step."""
    (folder / "p.toml").write_text(PIPELINE.format(clips=clips, epochs=epochs))
    settings = PipelineSettings(input=(str(folder / "in"),), from_=again)
    common = Common(engine="inline", cache=folder / "cache", force=force, max_drop_rate=1)
    run_pipeline(folder / "p.toml", folder / "out", settings, common)
    state = json.loads((folder / "out" / "pipeline.json").read_text())
    return [step["status"] for step in state["steps"]]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Return a folder in which the pipeline ran once."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        write_film(tmp_path / "in" / f"{number}.mp4", pictures(60, step_px=3 + number))
    assert run(tmp_path) == ["done"] * 5
    return tmp_path


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def test_force_keeps_every_step_that_is_still_right(study: Path) -> None:
    before = weights(study / "out" / "05-train")
    assert run(study, force=True) == ["reused"] * 5
    assert weights(study / "out" / "05-train") == before


def test_a_changed_step_is_refused_without_force_and_done_again_with_what_depends_on_it(
    study: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = weights(study / "out" / "05-train")
    with pytest.raises(InputError, match="clips was 2, is 3"):
        run(study, clips=3)
    assert run(study, clips=3, force=True) == ["reused", "done", "done", "done", "done"]
    assert "02-speed is done again" in caplog.text
    assert weights(study / "out" / "05-train-kept-1") == before
    assert (study / "out" / "05-train" / "run.json").is_file()


def test_a_change_of_the_last_step_touches_no_other(study: Path) -> None:
    assert run(study, epochs=2, force=True) == ["reused"] * 4 + ["done"]


def test_a_new_video_is_taken_in(study: Path) -> None:
    write_film(study / "in" / "new.mp4", pictures(60, step_px=7))
    with pytest.raises(InputError, match="another input"):
        run(study)
    assert run(study, force=True) == ["done"] * 5


def test_from_a_step_on_everything_is_done_again(study: Path) -> None:
    assert run(study, again="4") == ["reused"] * 3 + ["done"] * 2
    assert run(study, again="05-train") == ["reused"] * 4 + ["done"]
    assert {path.name for path in (study / "out").glob("05-train-kept-*")} == {"05-train-kept-1", "05-train-kept-2"}
    with pytest.raises(InputError, match="04-shard"):
        run(study, again="04-shrad")
