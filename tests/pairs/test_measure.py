"""`measure` gives what ffmpeg's own filters give, and finds where the distorted film lies in its reference."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pandas as pd
import pytest

from tests.films import pictures, write_film
from tests.reference import run_ffmpeg
from vqaprep import cli
from vqaprep.errors import InputError
from vqaprep.pairs.align import align, errors_of
from vqaprep.pairs.side import open_side
from vqaprep.pairs.thumbnails import numbered

SIZE = "256x256"


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a moving film of 60 frames, large enough for VMAF as it is."""
    path = tmp_path_factory.mktemp("films") / "reference.mp4"
    source = ("-f", "lavfi", "-i", f"testsrc2=size={SIZE}:rate=25:duration=2.4")
    return run_ffmpeg(*source, "-pix_fmt", "yuv420p", "-crf", "10", path)


@pytest.fixture(scope="module")
def distorted(reference: Path) -> Path:
    """Return the film without its first 3 frames, strongly compressed."""
    cut = "trim=start_frame=3,setpts=PTS-STARTPTS"
    return run_ffmpeg("-i", reference, "-vf", cut, "-crf", "40", reference.with_name("distorted.mp4"))


def said_by_ffmpeg(distorted: Path, reference: Path, name: str) -> str:
    """Return what one filter of ffmpeg says in its own words about the two films, 3 frames apart."""
    graph = f"[1:v]trim=start_frame=3,setpts=PTS-STARTPTS[r];[0:v][r]{name}=shortest=1"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-i", str(distorted), "-i", str(reference)]
    command += ["-lavfi", graph, "-f", "null", "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def measured(*words: object) -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """Run the command; return the means by measure, the whole summary, and the values of each frame."""
    *_, out = (path for path in map(str, words) if not path.startswith("--"))
    cli.main(["measure", *map(str, words[:-1]), "-o", out])
    summary = json.loads((Path(out) / "measures.json").read_text())
    return {row["measure"]: row["mean"] for row in summary["measures"]}, summary, pd.read_csv(Path(out) / "frames.csv")


def test_the_numbers_are_those_of_ffmpeg_to_the_digit(distorted: Path, reference: Path, tmp_path: Path) -> None:
    means, summary, frames = measured(distorted, reference, tmp_path / "out")
    assert summary["alignment"]["offset_frames"] == 3
    assert summary["num_pairs"] == len(frames) == 57
    assert frames["reference_frame"].tolist() == [*range(3, 60)]
    psnr = re.search(r"y:([\d.]+).* average:([\d.]+)", said_by_ffmpeg(distorted, reference, "psnr"))
    ssim = re.search(r"SSIM Y:([\d.]+).* All:([\d.]+)", said_by_ffmpeg(distorted, reference, "ssim"))
    vmaf = re.search(r"VMAF score: ([\d.]+)", said_by_ffmpeg(distorted, reference, "libvmaf"))
    assert psnr is not None
    assert ssim is not None
    assert vmaf is not None
    # The log of the filter has 2 decimals of each frame's error, its summary 6 of their mean.
    assert [means["psnr_y_db"], means["psnr_db"]] == pytest.approx([float(psnr[1]), float(psnr[2])], abs=2e-3)
    assert [means["ssim_y"], means["ssim"]] == pytest.approx([float(ssim[1]), float(ssim[2])], abs=1e-6)
    assert means["vmaf_v0.6.1"] == pytest.approx(float(vmaf[1]), abs=1e-6)
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


def test_a_smaller_film_is_scaled_and_the_page_says_so(distorted: Path, reference: Path, tmp_path: Path) -> None:
    small = run_ffmpeg("-i", distorted, "-vf", "scale=128:128", "-crf", "20", tmp_path / "small.mp4")
    means, summary, _ = measured(
        small,
        reference,
        tmp_path / "out",
    )
    assert "scaled from 128 x 128 to 256 x 256 px" in (tmp_path / "out" / "report.html").read_text()
    assert summary["alignment"]["offset_frames"] == 3
    assert means["vmaf_v0.6.1"] < measured(distorted, reference, tmp_path / "other")[0]["vmaf_v0.6.1"]


def test_equal_films_are_called_equal(reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    means, summary, frames = measured(reference, reference, tmp_path / "out")
    assert means["psnr_db"] is None
    assert means["ssim"] == 1
    assert np.isinf(frames["psnr_db"]).all()
    assert summary["warnings"] == []
    assert re.search(r"psnr_db +equal dB", capsys.readouterr().out)


def test_frames_that_are_missing_shift_no_others(reference: Path, tmp_path: Path) -> None:
    holes = run_ffmpeg(
        "-i", reference, "-vf", "select='not(between(n,20,24))'", "-fps_mode", "vfr", "-crf", "18", tmp_path / "h.mp4"
    )
    _, summary, frames = measured(holes, reference, tmp_path / "out")
    assert summary["alignment"] == summary["alignment"] | {"by": "time", "offset_frames": 0}
    held, others = frames.iloc[21:25]["psnr_y_db"], frames.drop(index=range(20, 25))["psnr_y_db"]
    assert held.max() < others.min()


def test_another_rate_is_paired_by_time(reference: Path, tmp_path: Path) -> None:
    half = run_ffmpeg("-i", reference, "-vf", "fps=12.5", "-crf", "10", tmp_path / "half.mp4")
    pair = align(open_side(half, "one"), open_side(reference, "other"), search_s=0.4)
    assert (pair.by, pair.ticks_fps) == ("time", 25)
    assert abs(pair.offset) <= 1
    assert len([*numbered(pair.distorted.video, 25.0)]) in {59, 60}


def test_a_crop_is_noticed(reference: Path, tmp_path: Path) -> None:
    moved = run_ffmpeg("-i", reference, "-vf", "crop=244:256:12:0,pad=256:256:0:0", "-crf", "10", tmp_path / "m.mp4")
    _, summary, _ = measured(moved, reference, tmp_path / "out")
    assert any("-12 px right and +0 px down" in words for words in summary["warnings"])


def test_a_still_film_is_taken_as_it_is_and_the_doubt_is_said(tmp_path: Path) -> None:
    still = write_film(tmp_path / "still.mp4", pictures(1) * 30)
    pair = align(open_side(still, "one"), open_side(still, "other"), search_s=0.4)
    assert (pair.offset, pair.is_certain) == (0, False)


def test_offsets_that_leave_little_in_common_are_not_tried() -> None:
    films = np.zeros((10, 20, 36), np.float32), np.zeros((40, 20, 36), np.float32)
    assert sorted(errors_of(*films, most=60)) == [*range(-5, 36)]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["nothing.mp4", "{reference}"], "nothing.mp4 does not exist; give a video"),
        (["{reference}", "{folder}"], "is a folder; give a video"),
        (["{reference}", "{text}"], "cannot be measured: unreadable"),
        (["{reference}", "{reference}", "--models", "vmaf"], "Did you mean 'vmaf_v0.6.1'"),
        (["{reference}", "{reference}", "--offset-frames", "500"], "no frame of the one film has a partner"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    words: list[str], answer: str, reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    places = {"reference": reference, "folder": reference.parent, "text": tmp_path / "text.mp4"}
    with pytest.raises(SystemExit) as ended:
        cli.main(["measure", *(word.format(**places) for word in words), "-o", str(tmp_path / "out")])
    assert ended.value.code == InputError.exit_code
    assert answer in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_dry_run_says_how_the_films_would_be_compared(
    distorted: Path, reference: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["measure", str(distorted), str(reference), "-o", str(tmp_path / "out"), "--dry-run"])
    assert "frame i + 3 of the reference" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
