"""Read Parquet files in the calling thread only, from a disk or a store.

Arrow's own pools of threads, which `pyarrow.parquet.read_table` starts, may abort or hang the interpreter
when it ends soon after (apache/arrow issues 34314 and 50482): a finished run would exit with code -6.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def read(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Return the `pyarrow.Table` of a file, all of it or some columns.

    Raises:
        FileNotFoundError: there is no such file.
        pyarrow.ArrowInvalid: it is no Parquet file.
    """
    import pyarrow.parquet as pq

    with path.open("rb") as file, pq.ParquetFile(file, pre_buffer=False, page_checksum_verification=True) as parquet:
        wanted = None if columns is None else list(columns)
        return parquet.read(wanted, use_threads=False)


def schema(path: Path) -> Any:
    """Return the `pyarrow.Schema` of a file: its columns, their types, and what the file tells of itself."""
    import pyarrow.parquet as pq

    with path.open("rb") as file:
        return pq.read_schema(file)
