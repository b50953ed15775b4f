"""`import vqaprep` gives the job as functions, in a plain script without a main guard too."""

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vqaprep
from tests.films import pictures, write_film
from vqaprep.errors import InputError


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two films that differ."""
    folder = tmp_path_factory.mktemp("videos")
    for number, step_px in enumerate((3, 5)):
        write_film(folder / f"{number}.mp4", pictures(40, step_px=step_px))
    return folder


@pytest.fixture(scope="module")
def shards(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare both films by the API alone."""
    out = tmp_path_factory.mktemp("api")
    here: dict[str, Any] = {"engine": "inline", "cache": out / "cache"}
    scanned = vqaprep.prepare("scan", videos, out / "0", engine="inline")
    clips = vqaprep.prepare("speed", scanned, out / "1", task="none", num_frames=8, clips=2, **here)
    return vqaprep.prepare("shard", clips, out / "2", spatial="resize", size_px=32, engine="inline")


def test_shards_are_a_sequence_of_samples(shards: Path) -> None:
    samples = vqaprep.open_shards(shards)
    assert len(samples) == 4
    frames = samples[0].views["query.none"]
    assert frames.shape[0] == 8 and min(frames.shape[1:3]) == 32 and frames.dtype == np.uint8


def test_a_torch_loader_takes_shards_as_they_are(shards: Path) -> None:
    from torch.utils.data import DataLoader

    samples: Any = vqaprep.open_shards(shards)  # a sequence, which torch takes for a data set
    loader = DataLoader(samples, batch_size=2, collate_fn=list)
    assert [len(batch) for batch in loader] == [2, 2]


def test_webdataset_reads_the_same_frames(shards: Path) -> None:
    ours = vqaprep.open_shards(shards)
    theirs = {sample["__key__"]: sample for sample in vqaprep.open_shards(shards, as_webdataset=True)}
    assert len(theirs) == len(ours)
    for number in range(len(ours)):
        assert np.array_equal(theirs[ours[number].key]["query.none.npy"], ours[number].views["query.none"])


def test_manifest_and_drops_are_tables(shards: Path) -> None:
    assert len(vqaprep.read_manifest(shards)) == 4
    assert "reason" in vqaprep.read_dropped(shards)


def test_distort_and_measure_work_on_arrays() -> None:
    frames = np.stack(pictures(8))
    before = frames.copy()
    damaged = vqaprep.distort(frames, "gaussian_blur", 3)
    assert np.array_equal(frames, before)
    mild, strong = (vqaprep.measure(vqaprep.distort(frames, "gaussian_blur", n), frames)["psnr"] for n in (1, 3))
    assert mild > strong == vqaprep.measure(damaged, frames, ["psnr"])["psnr"]


def test_wrong_words_name_the_nearest_right_one(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="scan"):
        vqaprep.prepare("scna", videos, tmp_path / "0")
    with pytest.raises(InputError, match="max_drop_rate"):
        vqaprep.prepare("scan", videos, tmp_path / "0", max_drop_rat=1)
    with pytest.raises(InputError, match="psnr"):
        vqaprep.measure(np.zeros((2, 16, 16, 3), np.uint8), np.zeros((2, 16, 16, 3), np.uint8), ["psnrr"])
    assert not (tmp_path / "0").exists()


def test_a_script_needs_no_main_guard(videos: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
            import vqaprep
            print("started")
            print(len(vqaprep.read_manifest(vqaprep.prepare("scan", {str(videos)!r}, "out", workers=2))))
        """)
    )
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["started", "2"]


def test_importing_loads_nothing_heavy_and_lists_what_there_is() -> None:
    code = "import sys, vqaprep; print('vqaprep.api' in sys.modules, all(hasattr(vqaprep, n) for n in vqaprep.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


def test_train_evaluate_and_score_are_functions_after_their_packages_are_loaded() -> None:
    import vqaprep.evaluation.score
    import vqaprep.training.loop

    assert all(callable(getattr(vqaprep, name)) for name in ("train", "evaluate", "score"))
