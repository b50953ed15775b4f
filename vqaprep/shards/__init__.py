"""Render clips once and store them in tars: plan (who goes where), render, write, read, verify.

A shard folder holds `shards/000000.tar` with its commit mark `shards/000000.json`, `plan.parquet`, and
`index.parquet`, written last. One sample is one scene: `KEY.json` (see `record`), then one member a view.
"""
