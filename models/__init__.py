"""The systems: every public file of this folder is one, and its file name is the system's name.

Another package adds its own by an entry point of the group `vqaprep.systems` that names a module.
"""

import ast
import difflib
import importlib
import importlib.util
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

_NOT_A_SYSTEM = "torchvision_guard"


def names() -> list[str]:
    """List the systems, sorted, without importing any."""
    return sorted({*_own_names(), *_added()})


def _own_names() -> set[str]:
    files = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return {name for name in files if not name.startswith("_") and name != _NOT_A_SYSTEM}


def _added() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="vqaprep.systems")}


def load(name: str) -> ModuleType:
    """Import the system `name`: a module with `Settings`, `PRESETS`, `RECIPE` and `Model`.

    Raises ValueError with the nearest known name when there is no such system.
    """
    system_names = names()
    if name in _own_names():
        return importlib.import_module(f".{name}", __name__)
    if name in system_names:
        return importlib.import_module(_added()[name].module)
    near = difflib.get_close_matches(name, system_names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"no model is called {name!r}; known are {', '.join(system_names)}{hint}")


def about(name: str) -> tuple[str, dict[str, Any]]:
    """Return the first line of a system's description, and the numbers of its `RECIPE`.

    Both are read from the source of the file: help lists them, and importing the file would load torch.
    """
    tree = ast.parse(_file_of(name).read_text(encoding="utf-8"))
    recipes = (node.value for node in tree.body if isinstance(node, ast.Assign) and _is_recipe(node))
    call = next((value for value in recipes if isinstance(value, ast.Call)), None)
    recipe = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg} if call else {}
    return (ast.get_docstring(tree) or "").partition("\n")[0], recipe


def _file_of(name: str) -> Path:
    if name in _own_names():
        return Path(__file__).parent / f"{name}.py"
    # Finding a module imports the packages around it, and not the module itself.
    spec = importlib.util.find_spec(_added()[name].module)
    if spec is None or spec.origin is None:
        raise ValueError(f"the package that adds the system {name!r} has no module {_added()[name].module}")
    return Path(spec.origin)


def _is_recipe(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "RECIPE" for target in node.targets)
