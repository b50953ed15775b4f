"""Import torchvision also where its compiled operators do not fit the installed torch."""

import functools
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import torch


def import_torchvision() -> ModuleType:
    """Return torchvision, usable for models and transforms even beside a CPU build of torch.

    The wheel on the public index is built for CUDA: beside a CPU torch its operator library cannot
    be loaded, and `import torchvision` stops at the operators it registers a fake kernel for. These
    are declared first; calling one still fails, as there is no kernel.
    """
    if not _are_operators_loadable():
        _declare_operators()
    with _without_compiler():
        return importlib.import_module("torchvision")


def _are_operators_loadable() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # nothing to guard: the import itself says what is missing
    for library in Path(spec.origin).parent.glob("_C*"):
        try:
            torch.ops.load_library(library)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        except OSError:
            continue
        return True
    return False


@contextmanager
def _without_compiler() -> Iterator[None]:
    """Spare a process the import of torch's compiler, most of a second, until somebody compiles.

    torchvision makes it for one question of `roi_align`, which is answered with no here: nothing is
    compiled inside that operator.
    """
    stand_ins = {"torch._dynamo": ModuleType("_dynamo"), "torch._dynamo.utils": ModuleType("utils")}
    if not stand_ins.keys().isdisjoint(sys.modules):
        yield
        return
    stand_ins["torch._dynamo.utils"].is_compile_supported = lambda device: False  # type: ignore[attr-defined]  # made here
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


@functools.cache  # a Library withdraws its operators when it is collected
def _declare_operators() -> torch.library.Library:
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # as above
    for name in ("nms", "qnms"):
        schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(schema)  # type: ignore[no-untyped-call]  # as above
    return library
