"""A run in a bucket gives what a run on a disk gives, goes on after any interruption, and explains what fails."""

import os
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
import webdataset
from torch.utils.data import DataLoader

from tests.storage.server import KEY, SECRET, Gate, run, started, wait_for
from vqaprep import cli
from vqaprep.errors import StorageError
from vqaprep.errors.heartbeat import Signs, show
from vqaprep.media.container import open_video
from vqaprep.media.decode import decode
from vqaprep.rows import Dropped, Row, Video
from vqaprep.rows.manifest import read_dropped, read_rows
from vqaprep.shards.read import Sample, ShardReader
from vqaprep.sources.scan import scan_one
from vqaprep.storage import at

SHARDS = "03-shard"
MAKE = ["--spatial", "resize", "--size-px", "32", "--sources-per-unit", "1", "--workers", "1"]


def files(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds, by relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_bucket_gets_the_files_that_a_disk_gets(runs: tuple[Path, Path]) -> None:
    here, there = (files(folder) for folder in runs)
    assert set(here) == set(there)
    made_of_pixels = [name for name in here if name.startswith(f"{SHARDS}/") and "manifest" not in name]
    assert len([name for name in made_of_pixels if name.endswith(".tar")]) == 3
    assert all(here[name] == there[name] for name in made_of_pixels if not name.endswith(("run.json", "started.json")))


def test_manifests_differ_only_in_where_the_videos_lie(runs: tuple[Path, Path]) -> None:
    for step in ("01-scan", "02-speed", SHARDS):
        here, there = ([row.having(uri="") for row in read_rows(folder / step / "manifest.parquet")] for folder in runs)
        assert here == there
        reasons = [[drop.reason for drop in read_dropped(folder / step / "dropped.parquet")] for folder in runs]
        assert reasons[0] == reasons[1] == (["unreadable"] if step == "01-scan" else [])


def test_the_same_rows_give_the_same_manifest_in_a_bucket(runs: tuple[Path, Path], tmp_path: Path) -> None:
    clips = str(runs[0] / "02-speed")
    for out in (tmp_path / "split", at("s3://bucket/split")):
        cli.main(["split", clips, "-o", str(out)])
    assert (tmp_path / "split" / "manifest.parquet").read_bytes() == at(
        "s3://bucket/split/manifest.parquet"
    ).read_bytes()


def test_a_bucket_can_be_verified_asked_and_reported_on(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["verify", str(runs[1] / SHARDS), "--labels"])
    assert "every label" in capsys.readouterr().out
    cli.main(["status", str(runs[1])])
    assert f"{SHARDS}: complete" in capsys.readouterr().out
    cli.main(["report", str(runs[1])])
    page = (runs[1] / "report.html").read_text(encoding="utf-8")
    assert "unreadable" in page and "cannot be shown" not in page


def test_a_changed_byte_in_a_bucket_is_found(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    tar = runs[1] / SHARDS / "shards" / "000000.tar"
    held = tar.read_bytes()
    tar.write_bytes(held[:5000] + bytes([held[5000] ^ 1]) + held[5001:])
    with pytest.raises(SystemExit):
        cli.main(["verify", str(runs[1] / SHARDS)])
    tar.write_bytes(held)
    assert "000000.tar" in capsys.readouterr().err


def test_samples_are_read_by_one_range_each(runs: tuple[Path, Path], door: Gate) -> None:
    here, there = (ShardReader(folder / SHARDS) for folder in runs)
    door.seen.clear()
    for i in range(len(here)):
        ours, theirs = here[i], there[i]
        assert (ours.key, ours.labels) == (theirs.key, theirs.labels)
        assert all(np.array_equal(frames, theirs.views[name]) for name, frames in ours.views.items())
    assert len(door.seen) == len(here)
    assert all(asked.startswith("GET") and "bytes=" in asked for asked in door.seen)


def test_records_are_asked_for_at_the_same_time(runs: tuple[Path, Path]) -> None:
    here, there = (ShardReader(folder / SHARDS) for folder in runs)
    which = [2, 0, *range(len(here))]
    assert list(there.records(which)) == [here.record(i) for i in which] == list(here.records(which))


def test_the_loader_of_training_streams_from_a_process_of_its_own(runs: tuple[Path, Path]) -> None:
    reader = ShardReader(runs[1] / SHARDS)
    reader[0]  # this process has a connection that the child must not use
    how: dict[str, Any] = {"batch_size": None, "num_workers": 1, "multiprocessing_context": "fork"}
    loader: Any = DataLoader(reader, collate_fn=_key, **how)  # type: ignore[arg-type]  # a sequence is a data set
    assert list(loader) == [reader[i].key for i in range(len(reader))]


def _key(sample: Sample) -> str:
    return sample.key


def test_stock_webdataset_streams_the_tars(runs: tuple[Path, Path]) -> None:
    read = "import fsspec, shutil, sys; shutil.copyfileobj(fsspec.open(sys.argv[1]).open(), sys.stdout.buffer)"
    tar = runs[1] / SHARDS / "shards" / "000000.tar"
    pipe = f"pipe:{sys.executable} -c '{read}' {tar}"
    found = webdataset.WebDataset(pipe, shardshuffle=False, empty_check=False).decode()
    reader = ShardReader(runs[0] / SHARDS)
    known = {sample.key: sample.views for sample in (reader[i] for i in range(len(reader)))}
    num_samples = 0
    for sample in found:
        num_samples += 1
        assert all(np.array_equal(v, sample[f"{name}.npy"]) for name, v in known[sample["__key__"]].items())
    assert num_samples == 3


def test_a_header_is_read_without_the_film(runs: tuple[Path, Path], door: Gate) -> None:
    long = at("s3://bucket/long.mp4")
    film = at("s3://bucket/videos/0.mp4").read_bytes()
    long.write_bytes(film + (8).to_bytes(4, "big") + b"free" + bytes(20 << 20))
    door.seen.clear()
    with open_video(str(long)) as (_, stream):
        assert stream.codec_context.name == "h264"
    ranges = [asked.rpartition("bytes=")[2].split("-") for asked in door.seen if "bytes=" in asked]
    assert 0 < sum(int(last) - int(first) + 1 for first, last in ranges) <= 6 << 20


@pytest.mark.slow
def test_a_run_keeps_others_out_and_goes_on_after_its_death(runs: tuple[Path, Path], door: Gate) -> None:
    out = at("s3://bucket/killed")
    command = ["shard", str(runs[1] / "02-speed"), "-o", str(out), *MAKE]
    door.held = "PUT /bucket/killed/shards/000001.tar"
    with started(command) as process:
        wait_for(lambda: any("PUT /bucket/killed/shards/000001.tar" in asked for asked in door.seen))
        second = run(command, {})
        os.killpg(process.pid, signal.SIGKILL)
    door.held = ""
    assert second.returncode == 2
    assert f"is being written by another run (process {process.pid} on" in second.stderr
    third = run(command, {})
    assert third.returncode == 0, third.stderr
    assert len([asked for asked in door.seen if "PUT /bucket/killed/shards/000000.tar" in asked]) == 1
    made = files(out)
    assert not [name for name in made if name.endswith((".entries", ".at", ".held.json"))]
    assert all(made[name] == data for name, data in files(runs[0] / SHARDS).items() if name.startswith("shards/"))


@pytest.mark.slow
def test_a_broken_store_ends_a_run_which_resumes_and_asks_again(runs: tuple[Path, Path], door: Gate) -> None:
    out = at("s3://bucket/broken")
    command = ["shard", str(runs[1] / "02-speed"), "-o", str(out), *MAKE, "--verbose"]
    door.pattern, door.failures = "PUT /bucket/broken/shards/000001.tar", -1
    failed = run(command, {})
    assert failed.returncode == 1
    assert "the same command resumes" in failed.stderr and "Traceback" not in failed.stderr
    assert KEY not in failed.stderr and SECRET not in failed.stderr
    door.failures = 1  # it comes back while the library still tries
    done = run(command, {})
    assert done.returncode == 0, done.stderr
    assert door.failures == 0
    assert all(files(out)[name] == data for name, data in files(runs[0] / SHARDS).items() if name.startswith("shards/"))


def test_a_store_that_fails_says_nothing_of_the_video(runs: tuple[Path, Path], door: Gate) -> None:
    door.pattern, door.failures = "GET /bucket/videos/1.mp4", -1
    with pytest.raises(StorageError, match=r"s3://bucket/videos/1\.mp4"):
        scan_one("s3://bucket/videos/1.mp4")
    with pytest.raises(StorageError), open_video("s3://bucket/videos/1.mp4"):
        pass
    door.failures = 0
    (gone,) = scan_one("s3://bucket/videos/gone.mp4")
    assert isinstance(gone, Dropped) and gone.reason == "away"


def test_a_store_that_fails_amid_a_film_says_nothing_of_the_film(runs: tuple[Path, Path], door: Gate) -> None:
    long = at("s3://bucket/frames.y4m")
    long.write_bytes(b"YUV4MPEG2 W256 H256 F25:1 C420\n" + (b"FRAME\n" + bytes(256 * 384)) * 50)
    frames = decode(str(long))
    next(frames)
    door.failures = -1
    with pytest.raises(StorageError):
        list(frames)


def test_a_slow_store_is_no_hung_decoder(runs: tuple[Path, Path], door: Gate) -> None:
    """While an answer is awaited the stall clock rests (`engines/watch.py` then counts no stalled time)."""
    asked = "GET /bucket/videos/1.mp4"
    signs, door.held, read = Signs(), asked, list[Row | Dropped]()
    show(signs)
    try:
        reader = Thread(target=lambda: read.extend(scan_one("s3://bucket/videos/1.mp4")))
        reader.start()
        wait_for(lambda: any(asked in request for request in door.seen))
        was_resting = signs.is_resting
        door.held = ""
        reader.join()
        assert was_resting and not signs.is_resting
        assert [type(row) for row in read] == [Video]
    finally:
        show(Signs())


@pytest.mark.slow
def test_a_killed_scan_keeps_what_its_journal_had(runs: tuple[Path, Path], door: Gate) -> None:
    out = at("s3://bucket/scan-killed")
    command = ["scan", "s3://bucket/videos", "-o", str(out), "--workers", "1"]
    with started(command) as process:
        wait_for(lambda: any("PUT /bucket/scan-killed/scan.journal" in asked for asked in door.seen))
        os.killpg(process.pid, signal.SIGKILL)
    done = run(command, {})
    assert done.returncode == 0, done.stderr
    assert "already done" in done.stderr
    assert read_rows(out / "manifest.parquet") == read_rows(runs[1] / "01-scan" / "manifest.parquet")
    assert not (out / "scan.journal.jsonl").exists()


def test_what_a_kill_left_in_a_complete_folder_goes_at_the_next_call(runs: tuple[Path, Path]) -> None:
    """A run that is killed after `run.json` was put, and before its journal went, has nothing else to do."""
    out = at("s3://bucket/scan-left")
    words = ["scan", "s3://bucket/videos", "-o", str(out), "--workers", "1"]
    cli.main(words)
    left = out / "scan.journal.jsonl" / "0123-000000"
    left.write_bytes(b"{}\n")
    cli.main(words)
    assert not left.exists() and (out / "manifest.parquet").exists()


def test_refusals_are_input_errors(runs: tuple[Path, Path], door: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    for address, words in (("s3://no-such-bucket/out", "does not exist"), ("s3://bucket/forbidden", "credentials")):
        door.pattern, door.failures, door.status = "/bucket/forbidden", -1, 403
        with pytest.raises(SystemExit) as stop:
            cli.main(["split", str(runs[0] / "02-speed"), "-o", address])
        told = capsys.readouterr().err
        assert stop.value.code == 2 and words in told and address.split("/")[2] in told
        assert KEY not in told and SECRET not in told


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "s3fs.py").write_text("raise ImportError('no module named s3fs')", encoding="utf-8")
    done = run(["scan", "s3://bucket/videos", "-o", str(tmp_path / "out")], {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "pip install 'vqaprep[s3]'" in done.stderr and "Traceback" not in done.stderr


def test_training_into_a_bucket_is_refused_with_a_remedy(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["train", "speediness", str(runs[1] / SHARDS), "-o", "s3://bucket/trained", "--preset", "tiny"])
    assert stop.value.code == 2
    assert "give one on a disk" in capsys.readouterr().err
