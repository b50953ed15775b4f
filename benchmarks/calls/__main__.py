"""Measure crop on composed calls: who is kept, how much of the participant's time, and every wrong person."""

import argparse
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.calls.films import calls
from benchmarks.calls.judging import MARGINS, Verdict, judge
from benchmarks.calls.outsiders import outsiders
from benchmarks.figures import Figure, show, table
from vqaprep.detect import seating

_COMPOSERS = {"clients": calls, "outsiders": outsiders}


def main() -> int:
    """Judge the films; print and store the tables, and return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("footage", type=Path, help="folder of faces/ and photos/, as `vqaprep samples` fetches it")
    parser.add_argument("--work", type=Path, default=Path("runs/bench-calls"), help="keeps what was composed and seen")
    parser.add_argument("--series", default="fresh-2", help="what is drawn; rules were made with exam and fresh")
    parser.add_argument("--drawn", choices=sorted(_COMPOSERS), default="clients", help="by which code")
    parser.add_argument("--copies", type=int, default=3, help="films of each usable kind")
    parser.add_argument("--kbit-s", type=int, help="compress a second time at this rate")
    parser.add_argument("--letters", type=float, default=1.0, help="size of the names over the usual one")
    parser.add_argument("--only", default="", help="judge the films with this in their name, and store nothing")
    options = parser.parse_args()
    work = options.work / f"{options.drawn}-{options.series}{'' if options.letters == 1 else f'-{options.letters:g}'}"
    work.mkdir(parents=True, exist_ok=True)
    verdicts = []
    for call in _COMPOSERS[options.drawn](options.series, copies=options.copies, letters=options.letters):
        if options.only in call.name:
            verdicts.append(judge(call, options.footage, work, options.kbit_s))
            print(verdicts[-1].line(), flush=True)
    if options.only:
        return int(any(v.wrong for v in verdicts))
    command = f"python -m benchmarks.calls --drawn {options.drawn} --series {options.series} --copies {options.copies}"
    name = f"calls_{options.drawn}_{options.series}"
    for option, value, usual in (("--kbit-s", options.kbit_s, None), ("--letters", options.letters, 1.0)):
        if value != usual:
            command, name = f"{command} {option} {value:g}", f"{name}_{option.strip('-').replace('-', '_')}_{value:g}"
    return show(_figures(verdicts), command=command, name=name, more=_tables(verdicts))


def _figures(verdicts: Sequence[Verdict]) -> list[Figure]:
    usable, traps = ([v for v in verdicts if v.call.is_trap is is_trap] for is_trap in (False, True))
    kept = [v for v in usable if not v.dropped]
    found, shown = sum(v.found for v in kept), sum(v.shown for v in usable)
    chosen = sum(v.found + v.wrong + v.beside for v in verdicts)
    fresh = [v for v in verdicts if v.decode_s]
    ratio = sum(v.look_s for v in fresh) / sum(v.decode_s for v in fresh) if fresh else None
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Figure("wrong person in the crop", sum(v.wrong for v in verdicts), f"{chosen} frames", unit="frames", most=0),
        Figure("usable films kept", 100 * len(kept) / len(usable), _of(len(kept), len(usable)), unit="%", least=95),
        Figure("participant's time found", 100 * found / shown, f"{found} of {shown} frames", unit="%", least=95),
        Figure("traps dropped", sum(bool(v.dropped) for v in traps), f"{len(traps)} traps", unit="", least=len(traps)),
        Figure("look at a short film: processor s", ratio, "ffmpeg -i X -f null -", note="all was looked at before"),
        Figure(
            "memory of composing and judging", peak_mb, f"{len(verdicts)} films in one process", unit="MB", most=1500
        ),
    ]


def _of(some: int, all_: int) -> str:
    """Return a share in words, with its 95 % interval (Clopper and Pearson 1934)."""
    low, high = (100 * side for side in interval(some, all_))
    return f"{some} of {all_}, 95 % interval {low:.0f} to {high:.0f} %"


def interval(some: int, all_: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson 1934, Biometrika 26)."""
    from scipy.stats import beta

    tail = (1 - confidence) / 2
    low = beta.ppf(tail, some, all_ - some + 1) if some else 0.0
    high = beta.ppf(1 - tail, some + 1, all_ - some) if some < all_ else 1.0
    return float(low), float(high)


def _tables(verdicts: Sequence[Verdict]) -> str:
    """Return the curve of risk and coverage over the margin, and what came of each film."""
    usable = [v for v in verdicts if not v.call.is_trap]
    curve, picture = [], []
    for margin in MARGINS:
        outcomes = [v.at[margin] for v in verdicts]
        kept = [v.at[margin] for v in usable if v.at[margin].is_kept]
        found, wrong = sum(o.found for o in kept), sum(o.wrong for o in outcomes)
        name = f"{margin:g}{', in use' if margin == seating.MARGIN else ''}"
        share = found / sum(v.shown for v in usable)
        films = sum(o.wrong > 0 for o in outcomes)
        most = 100 * interval(films, len(outcomes), 0.9)[1]  # one-sided 95 %
        curve.append(
            [name, f"{len(kept)} of {len(usable)}", f"{100 * share:.1f} %", f"{wrong}", f"{films}", f"{most:.1f} %"]
        )
        picture.append(f"{margin:4g} |{'#' * round(_BAR * share):{_BAR}}| {100 * share:5.1f} % found, {films} wrong")
    head = ("margin", "usable films kept", "time found", "wrong frames", "films with one", "their share, at most")
    rows = [v.row() for v in verdicts]
    films_table = table(("film", "size", "face in the crop, frames", "wrong", "outcome"), rows)
    drawn = "\n".join(("```", "risk and coverage by margin", *picture, "```"))
    return f"{table(head, curve)}\n\n{drawn}\n\n{films_table}"


_BAR = 50


if __name__ == "__main__":
    sys.exit(main())
