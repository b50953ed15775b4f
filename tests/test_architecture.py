"""The house plan holds: imports go one way, importing does nothing heavy, files and functions stay small."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from tokenize import COMMENT, generate_tokens

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted(path for room in ("vqaprep", "models") for path in (ROOT / room).rglob("*.py"))
FLOORS = (
    ("__main__",),
    ("cli", "api"),
    ("jobs",),
    ("evaluation", "correction", "rating", "pairs"),
    ("running", "report", "training"),
    ("stages", "shards", "datasets"),
    ("sources", "distortions", "detect"),
    ("media",),
    ("measures", "rows", "speeds"),
    ("packages", "engines", "settings"),
    ("storage",),
    ("errors", "models"),
)
"""The rooms of `vqaprep`: its folders, and the files beside them. A room imports rooms of lower floors alone."""
MOST_ROOMS = 26
DOORS_TO_MODELS = {"vqaprep/training/systems.py", "vqaprep/training/catalogue.py"}
DOORS_TO_GUARD = {"vqaprep/detect/text.py", "vqaprep/jobs/doctor.py"}
HEAVY = ["torch", "cv2", "av", "pandas", "pyarrow", "easyocr", "onnxruntime", "sklearn", "scipy", "matplotlib"]
VAGUE_NAMES = {"ask", "asked", "asking", "found", "how", "known", "part", "said", "seen", "shown", "told", "warm"}
LONG = {"forward", "_step", "train"}


def room_of(name: str) -> str:
    """Return the part of `vqaprep.media.decode` that names its room: `media`."""
    return name.split(".")[1] if "." in name else ""


def floor_of(room: str) -> int:
    """Return the number of the floor that a room is on, 0 on top."""
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def imports_of(path: Path) -> Iterator[tuple[str, bool]]:
    """Yield (full name, whether for types only) of every import in a file, also inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    types_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in types_only) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parent.parts
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            is_room = module in ("vqaprep", *(f"vqaprep.{room}" for floor in FLOORS for room in floor))
            names = [f"{module}.{alias.name}" for alias in node.names] if is_room else [module]
            yield from ((name, id(node) in types_only) for name in names)


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room_imports() -> Iterator[tuple[Path, str, str]]:
    """Yield (file, its room, imported name) of every import of ours at run time."""
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == "vqaprep":
            room = path.relative_to(ROOT / "vqaprep").parts[0].removesuffix(".py")
            yield from ((path, room, name) for name, is_type in imports_of(path) if not is_type and "." in name)


def test_no_import_goes_upwards_or_to_a_neighbour() -> None:
    wrong = []
    for path, room, name in room_imports():
        other = room_of(name)
        if not name.startswith("vqaprep.") or other == room:
            continue
        is_wrong = other != "api" if room == "__init__" else floor_of(other) <= floor_of(room)
        wrong += [f"{relative(path)} imports {name}"] if is_wrong else []
    assert wrong == []


def test_rooms_are_few_and_each_is_on_a_floor() -> None:
    paths = (path for path in (ROOT / "vqaprep").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())
    rooms = {path.stem for path in paths} - {"__init__"}
    assert rooms == {room for floor in FLOORS for room in floor}
    assert len(rooms - {"__main__"}) <= MOST_ROOMS


def test_only_storage_asks_whether_a_path_is_in_a_store() -> None:
    asking = re.compile(r"isinstance\([^\n]*StorePath")
    outside = (path for path in SOURCES if path.relative_to(ROOT).parts[:2] != ("vqaprep", "storage"))
    assert [relative(path) for path in outside if asking.search(path.read_text(encoding="utf-8"))] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    modules = {module_of(path): path for path in SOURCES if path.relative_to(ROOT).parts[0] == "vqaprep"}
    imports = {
        name: {other for word, is_type in imports_of(path) if not is_type for other in (word, *word.rsplit(".", 1)[:1])
               if other in modules and not name.startswith(f"{other}.")} - {name}
        for name, path in modules.items()
    }  # fmt: skip
    while loose := {name for name, others in imports.items() if not others & imports.keys()}:
        imports = {name: others for name, others in imports.items() if name not in loose}
    assert {name: sorted(others & imports.keys()) for name, others in imports.items()} == {}


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_models_know_nothing_of_the_pipeline() -> None:
    names = {name for path in SOURCES if path.relative_to(ROOT).parts[0] == "models" for name, _ in imports_of(path)}
    assert [name for name in names if name.split(".")[0] == "vqaprep"] == []


def test_models_are_reached_through_few_doors() -> None:
    wrong = []
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] != "vqaprep" or relative(path) in DOORS_TO_MODELS:
            continue
        names = [name for name, _ in imports_of(path) if name.startswith("vqaprep.models")]
        if relative(path) in DOORS_TO_GUARD:
            names = [name for name in names if not name.startswith("vqaprep.models.torchvision_guard")]
        wrong += [f"{relative(path)} imports {name}" for name in names]
    assert wrong == []


def test_rows_import_nothing_of_ours() -> None:
    for part in ("__init__", "reasons", "shapes"):
        names = {name for name, _ in imports_of(ROOT / "vqaprep" / "rows" / f"{part}.py") if name.startswith("vqaprep")}
        assert names <= {"vqaprep.rows.reasons", "vqaprep.rows.shapes"}


def test_engines_know_nothing_of_rows_or_stages() -> None:
    names = {name for path in (ROOT / "vqaprep" / "engines").glob("*.py") for name, _ in imports_of(path)}
    assert [n for n in names if room_of(n) in ("rows", "stages", "shards", "running")] == []


def test_naming_the_commands_loads_nothing_heavy() -> None:
    code = (
        f"import sys, vqaprep.cli, vqaprep.jobs; vqaprep.jobs.jobs(); print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{relative(path)} has {num_lines} lines"
        for path in SOURCES
        if (num_lines := len(path.read_text(encoding="utf-8").splitlines())) > 250
    ]
    for path in SOURCES:
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in functions_of(path):  # reasons do not count, so that nobody leaves one out for the limit
            num_lines = sum(not line.lstrip().startswith("#") for line in lines[node.lineno - 1 : node.end_lineno])
            if isinstance(node, ast.FunctionDef) and num_lines > (60 if node.name in LONG else 40):
                large.append(f"{relative(path)}: {node.name} has {num_lines} lines")
    assert large == []


@pytest.mark.parametrize("room", ["shards", "media", "detect", "training", "stages", "engines"])
def test_comments_give_reasons_where_reviewers_stop(room: str) -> None:
    """Two comments in a hundred lines at least; those that speak to tools do not count."""
    num_lines = num_comments = 0
    for path in (ROOT / "vqaprep" / room).rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        num_lines += len(text.splitlines())
        words = (token.string for token in generate_tokens(StringIO(text).readline) if token.type == COMMENT)
        num_comments += sum(not re.match(r"# (noqa|type: ignore|fmt:)", word) for word in words)
    assert num_comments >= 0.02 * num_lines


def test_everything_public_has_a_docstring() -> None:
    missing = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        scopes: list[ast.Module | ast.ClassDef] = [tree, *(n for n in tree.body if isinstance(n, ast.ClassDef))]
        missing += [] if ast.get_docstring(tree) else [relative(path)]
        missing += [
            f"{relative(path)}: {node.name}"
            for scope in scopes
            for node in scope.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if not (isinstance(scope, ast.ClassDef) and scope.name.startswith("_"))
            if not ast.get_docstring(node)
            if "overload" not in map(ast.unparse, node.decorator_list)
        ]
    assert missing == []


def test_names_say_what_is_inside() -> None:
    """No function, class, method or file has a name that fits everything."""
    paths = [
        *SOURCES,
        *(path for room in ("benchmarks", "packages", "docs", "tests") for path in (ROOT / room).rglob("*.py")),
    ]
    vague = [f"{relative(path)}" for path in paths if path.stem.strip("_") in VAGUE_NAMES]
    vague += [
        f"{relative(path)}: {node.name}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        if node.name.strip("_").lower() in VAGUE_NAMES
    ]
    assert vague == []


def test_importing_does_nothing() -> None:
    """The top level of a file has definitions, imports and constants only."""
    allowed = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
    wrong = []
    for path in SOURCES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            guards = ("TYPE_CHECKING", "__name__ == '__main__'")
            is_guard = isinstance(node, ast.If) and ast.unparse(node.test) in guards
            is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not (isinstance(node, allowed) or is_guard or is_docstring):
                wrong.append(f"{relative(path)}, line {node.lineno}: {ast.unparse(node)}")
    assert wrong == []


def test_no_room_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "common", "helpers", "core", "misc", "util", "helper"}
    assert [
        relative(p) for p in SOURCES if drawers & {part.removesuffix(".py") for part in p.relative_to(ROOT).parts}
    ] == []
