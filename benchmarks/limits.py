"""Run commands under low limits, full disks, closed streams and odd environments: `python -m benchmarks.limits`.

Each must do its work or end in one message with the remedy, and the same command must do the rest without the limit.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.calling import call
from tests.faults.limits import LIMITS, SCAN, TRIM, can_mount, problems
from tests.faults.project import begin, content, make


def main() -> int:
    """Try every limit, print what is wrong, and return 1 where anything is."""
    wanted = sys.argv[1:]
    num_broken = num_tried = 0
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        begin()
        make(["scan"])
        os.environ["VQAPREP_CACHE"] = str(Path(name, "cache"))
        whole = {}
        for command in (SCAN, TRIM):
            call(*command[:3], f"whole-{command[0]}", *command[4:])
            whole[command] = content(Path(f"whole-{command[0]}"))
        for limit in LIMITS:
            if (wanted and limit.name not in wanted) or (limit.mount and not can_mount()):
                continue
            found = problems(limit, whole[limit.command])
            num_tried, num_broken = num_tried + 1, num_broken + bool(found)
            print(f"{'broken' if found else 'held':7}{limit.name}{': ' if found else ''}{'; '.join(found)}", flush=True)
        os.chdir("/")
    print(f"limits: {num_tried - num_broken} of {num_tried} held")
    return int(bool(num_broken))


if __name__ == "__main__":
    sys.exit(main())
