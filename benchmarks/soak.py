"""The long proofs: kills, mutated videos, memory and time over thousands; `make soak` runs it, in about half an hour.

It writes its tables to `benchmarks/results/soak.md` and `soak.json`. The tests run a small version of each.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, print_figures, show, table
from benchmarks.kills import Killed, kill_and_resume
from benchmarks.mutations import Accounts, mutate_and_run
from benchmarks.running import memory, time_a_video


def main() -> int:
    """Run all proofs, print and store the tables, and return 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--mutations", type=int, default=1000)
    parser.add_argument("--clips", type=int, default=5000, help="clips over which memory is watched")
    parser.add_argument("--videos", type=int, default=1000, help="videos over which the time a video is compared")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rooms = [Path(name) / part for part in ("kills", "mutations", "memory", "time")]
        for room in rooms:
            room.mkdir()
        figures = print_figures(of_kills(kill_and_resume(rooms[0], num_kills=wanted.kills, num_films=8)))
        accounts = mutate_and_run(rooms[1], num_videos=wanted.mutations)
        figures += print_figures(of_mutations(accounts))
        figures += print_figures([memory(wanted.clips, rooms[2])])
        figures += print_figures([time_a_video(wanted.videos, rooms[3])])
    command = " ".join(["python -m benchmarks.soak", *sys.argv[1:]])
    return show(figures, command=command, name="soak", more=ends_table(accounts))


def of_kills(killed: Killed) -> list[Figure]:
    """Return what the kills must not have done."""
    runs = f"{killed.num_kills} kills ({killed.num_parent_only} of the parent alone), {killed.num_folders} folders"
    return [
        Figure("files that differ from a whole run", killed.differing_files, runs, unit="files", most=0),
        Figure("committed tars written again", killed.rewritten_tars, f"{killed.kept_tars} found", unit="tars", most=0),
        Figure("tars under way at a kill", killed.most_in_flight, "2 workers", unit="tars at most", most=2),
    ]


def of_mutations(accounts: Accounts) -> list[Figure]:
    """Return what the damaged videos must not have done."""
    videos = f"{accounts.num_videos:,} mutated videos"
    clips = f"{accounts.num_clips:,} clips, {accounts.dropped_clips:,} dropped"
    return [
        Figure("commands that failed", accounts.failed_commands, videos, unit="of 3", most=0),
        Figure("videos or clips unaccounted for", accounts.unaccounted, clips, unit="", most=0),
    ]


def ends_table(accounts: Accounts) -> str:
    """Return where the damaged videos ended, by kind of damage."""
    kinds = list(dict.fromkeys(kind for kind, _ in accounts.ends))
    ends = sorted({end for _, end in accounts.ends})
    rows = [[end, *(str(accounts.ends[kind, end] or "") for kind in kinds)] for end in ends]
    return table(("ended", *kinds), rows)


if __name__ == "__main__":
    sys.exit(main())
