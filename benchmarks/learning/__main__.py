"""Train the systems on real footage and print what they learn, on films never seen; `make bench-learning` runs it.

Two parts train at a time, each on one core, by the files of `pipelines/learning/`. Run it again and what is
done is reused. It needs the demo films and the Surveillance Camera Fight clips (MIT licence).
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch

from benchmarks.figures import RESULTS
from benchmarks.learning.footage import COMMAND, SETTINGS, prepare
from benchmarks.learning.speeds import speeds
from benchmarks.learning.tables import classes, fights, quality, seconds

_PARTS = ("quality", "speediness", "fight_films", "fight_random")  # the longest first
_OTHERS = tuple(part for part in _PARTS if part != "speediness")
_NUM_LANES = 2


def main() -> int:
    """Run every part, then print and store the tables; return 1 where a part failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.add_argument("films", type=Path, help="folder of `vqaprep samples`")
    parser.add_argument("fights", type=Path, help="folder of the data set surv_fight")
    parser.add_argument("out", type=Path, help="folder for everything that is made")
    parser.add_argument("--part", choices=_PARTS, action="append", help="only this part; default: all")
    given = parser.parse_args()
    manifests = prepare(given.films, given.fights, given.out)
    with ThreadPoolExecutor(_NUM_LANES) as lanes:
        codes = list(lanes.map(lambda part: _run(part, manifests[part], given.out), given.part or _PARTS))
    wanted = given.part or _PARTS
    pages = {"speeds": partial(_speeds, given.out)} if "speediness" in wanted else {}
    pages |= {} if list(wanted) == ["speediness"] else {"learning": partial(_report, given.out)}
    for name, page in pages.items():
        text = page()
        print(text)
        (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    return max(codes)


def _run(part: str, videos: Path, out: Path) -> int:
    """Run a part's pipeline on one core; return its exit code."""
    command = [COMMAND, "run", SETTINGS / f"{part}.toml", "--input", videos, "-o", out / part, "--workers", "1"]
    log, alone = out / f"{part}.log", os.environ | {"OMP_NUM_THREADS": "1"}
    with log.open("ab") as file:
        code = subprocess.run(list(map(str, command)), check=False, stdout=file, stderr=file, env=alone).returncode
    print(f"{part}: {'done' if code == 0 else f'failed, see {log}'}", file=sys.stderr)
    return code


def _report(out: Path) -> str:
    """Return the page of the other parts: how it was measured, and the tables of what is done."""
    sections = {
        "Kind of damage and pace of `pace_vqa`, on films that training never saw": [
            partial(classes, out / "quality/06-type")
        ],
        "Quality: rank correlation with measured VMAF, on held-out films": [partial(quality, out / "quality/08-score")],
        "SSL-V3 on 300 fight clips, five folds by source film": [partial(fights, out / "fight_films")],
        "SSL-V3, five random splits of 8:1:1 (clips of one film on both sides)": [
            partial(fights, out / "fight_random")
        ],
        "Seconds by command, other work on the machine included": [partial(seconds, out, _OTHERS)],
    }
    page = ["# What the systems learn", f"`python -m benchmarks.learning FILMS FIGHTS OUT` on {_machine()}, no GPU."]
    page.append((Path(__file__).parent / "method.md").read_text(encoding="utf-8").strip())
    for title, tables in sections.items():
        page += [f"## {title}", *map(_table_or_reason, tables)]
    return "\n\n".join(page) + "\n"


def _speeds(out: Path) -> str:
    """Return the page of the part `speediness`."""
    command = "`python -m benchmarks.learning FILMS FIGHTS OUT --part speediness`"
    lines = ["# Speed, place of change and pace", f"{command} on {_machine()}, no GPU, other work beside it."]
    lines.append((Path(__file__).parent / "speeds_method.md").read_text(encoding="utf-8").strip())
    lines += [_table_or_reason(partial(speeds, out / "speediness")), "## Seconds by command, other work included"]
    lines.append(_table_or_reason(partial(seconds, out, ("speediness",))))
    return "\n\n".join(lines) + "\n"


def _machine() -> str:
    return f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} at the end, torch {torch.__version__}"


def _table_or_reason(table: Callable[[], str]) -> str:
    try:
        return table()
    except FileNotFoundError as error:
        return f"Not measured: there is no {Path(error.filename).name} yet."


if __name__ == "__main__":
    sys.exit(main())
