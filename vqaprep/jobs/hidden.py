"""The entries of `run.json` for folders that may be named after a person, if videos are pseudonymized."""

from pathlib import Path


def are_hidden(shards: Path) -> bool:
    """Say if the shards were made of pseudonymized videos."""
    from vqaprep.rows import parquet
    from vqaprep.rows.manifest import MANIFEST
    from vqaprep.rows.pseudonyms import is_hidden_address

    manifest = shards / MANIFEST
    return manifest.is_file() and any(map(is_hidden_address, parquet.read(manifest, ["uri"])["uri"].to_pylist()[:1]))


def content_of(path: Path) -> str:
    """Return a digest of weights, of a run or of shards: a path may be named after someone, and be guessed."""
    from vqaprep.packages.cache import sha256_of
    from vqaprep.training.checkpoint import MODEL

    found = next((file for file in (path, path / MODEL, path / "index.parquet") if file.is_file()), None)
    return "nothing" if found is None else f"content {sha256_of(found)[:12]}"
