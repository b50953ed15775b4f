"""Which files a run of each command writes into its OUT folder. Names that depend on the videos are in `run.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from vqaprep.rows.pseudonyms import PRIVATE

_DIGITS = "[0-9]" * 6


@dataclass(frozen=True, slots=True)
class Contents:
    """Files relative to the OUT folder.

    Attributes:
        lasting: names. `run.json` keeps their sizes and checksums, and a folder that lost one of them is not complete.
        passing: patterns, whose `*` matches within one part of a name. Such a file may be lost or removed.
    """

    lasting: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()


OF_ALL = Contents(
    lasting=("manifest.parquet", "dropped.parquet", PRIVATE, "unmatched.csv"),
    passing=(
        "run.json", "started.json", "*.journal.jsonl", "*.journal.jsonl/*", ".engine/logs/*.log", ".engine/arrays/*/*",
        "report.html", "report-contains-faces.html", "DATA_CARD.md",
        "media", "previews", "shards", "parts", "plots", "tensorboard", ".engine", ".engine/*", ".engine/arrays/*",
    ),
)  # fmt: skip
OF_COMMAND: Mapping[str, Contents] = MappingProxyType({
    "crop": Contents(
        ("refused.parquet",),
        ("review-contains-faces*", "review-contains-faces*/*", "review-contains-faces*/pictures/*"),
    ),
    "shard": Contents(
        ("plan.parquet", "index.parquet"),
        (
            f"shards/{_DIGITS}.tar", f"shards/{_DIGITS}.json", f"shards/{_DIGITS}.entries",
            f"shards/unit-{_DIGITS}.at",
        ),
    ),
    "train": Contents(
        (
            "model.safetensors", "ema.safetensors", "best.safetensors", "best.json", "scale.json", "meta.json",
            "curve.csv",
        ),
        ("state.pt", "tensorboard/events.out.tfevents.*"),
    ),
    "evaluate": Contents(
        (
            "predictions.parquet", "metrics.json", "metrics.parquet", "metrics.md", "tsne.png", "saliency.png",
        ),
        ("media/[0-9][0-9][0-9]-*.mp4",),
    ),
    "score": Contents(
        (
            "scores.csv", "scores.json", "scores.parquet", "seconds.csv", "score.html", "summary.parquet", "summary.md",
        ),
        ("videos", "worst"),
    ),
    "measure": Contents(("measures.json", "frames.csv")),
    "rate": Contents(passing=("*.html", "*.js", "*.css", "clips", "clips/*")),
    "mos": Contents(("mos.csv", "raters.csv")),
    "benchmark-scorers": Contents(("scores.parquet", "figures.parquet", "figures.md"), ("worst-*.png",)),
    "export": Contents(("model.pt", "model.onnx", "export.json")),
    "compare": Contents(
        tuple(
            f"{stem}.{end}"
            for stem in ("comparison", "cross", "significance", "differences")
            for end in ("parquet", "md")
        )
    ),
})  # fmt: skip
LASTING = frozenset(name for one in (OF_ALL, *OF_COMMAND.values()) for name in one.lasting)


def of(command: str) -> tuple[str, ...]:
    """Return the names and patterns of all that a run of `command` may leave in its folder."""
    own = OF_COMMAND.get(command, Contents())
    return (*OF_ALL.lasting, *OF_ALL.passing, *own.lasting, *own.passing)
