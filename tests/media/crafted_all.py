"""All crafted files, by name."""

from tests.media.crafted_contents import CONTENTS
from tests.media.crafted_headers import HEADERS
from tests.media.crafted_mp4 import MP4
from tests.media.crafted_streams import STREAMS

LYING = {
    f"{kind}-{name}": make
    for kind, files in (("box", MP4), ("header", HEADERS), ("stream", STREAMS), ("content", CONTENTS))
    for name, make in files.items()
}
"""Files that lie about themselves, or hold what no camera writes; `crafted.py` has those that refer to others."""
EVERY = 21
SAMPLE = [*LYING][::EVERY]
"""What the quick tests send through all stages; `benchmarks/crafted.py` sends all."""
