"""The systems: every public file of this folder is one, and its file name is the system's name."""

import difflib
import importlib
import pkgutil
from types import ModuleType

_NOT_A_SYSTEM = "torchvision_guard"


def names() -> list[str]:
    """List the systems, sorted, without importing any."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return sorted(name for name in found if not name.startswith("_") and name != _NOT_A_SYSTEM)


def load(name: str) -> ModuleType:
    """Import the system `name`: a module with `Settings`, `PRESETS`, `RECIPE` and `Model`.

    Raises ValueError with the nearest known name when there is no such system.
    """
    known = names()
    if name in known:
        return importlib.import_module(f".{name}", __name__)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"no model is called {name!r}; known are {', '.join(known)}{hint}")
