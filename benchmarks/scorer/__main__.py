"""Build the shipped scorer and measure it: `python -m benchmarks.scorer FILMS FIGHTS WORK [WEIGHTS]`.

FILMS is the folder of `vqaprep samples`, FIGHTS the Surveillance Camera Fight clips, WORK keeps the tables of examples.
"""

import json
import sys
from pathlib import Path

from benchmarks.scorer.build import build
from benchmarks.scorer.contents import bits_per_px, training_contents
from benchmarks.scorer.page import figures_of, markdown
from benchmarks.scorer.table import TABLES, main
from vqaprep.rows import parquet

_RESULTS = Path(__file__).parents[1] / "results"
_WEIGHTS = Path(__file__).parents[2] / "packages/vqaprep-weights/vqaprep_weights/quality.npz"

if __name__ == "__main__":
    films, fights, work = map(Path, sys.argv[1:4])
    main(films, fights, work)
    tables = {name: parquet.read(work / f"{name}.parquet").to_pandas() for name in TABLES}
    path = Path(sys.argv[4]) if len(sys.argv) > 4 else _WEIGHTS
    found = build(tables, path)
    bits = {content.name: bits_per_px(content) for content in training_contents(films, fights)}
    figures = figures_of(tables, found, path, bits)
    (_RESULTS / "scorer.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    (_RESULTS / "scorer.md").write_text(markdown(figures), encoding="utf-8")
