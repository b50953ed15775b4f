"""Translate exceptions of fsspec, botocore and gcsfs into `InputError` or `StorageError`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from vqaprep.errors import InputError, StorageError
from vqaprep.errors.heartbeat import heartbeat, rest

_LIBRARIES = ("aiobotocore", "aiohttp", "botocore", "fsspec", "gcsfs", "google", "requests", "s3fs")
_REFUSED = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "ParamValidationError")


@contextmanager
def translated_errors(address: object) -> Iterator[None]:
    """Turn errors of stores and their libraries into ours; a missing object stays an `OSError`.

    The stall clock is paused meanwhile, so that retries of a store are not taken for a hung decoder.

    Raises:
        InputError: the store refuses us, or there are no credentials.
        StorageError: it cannot be reached, or failed again and again.
    """
    rest()
    try:
        yield
    except (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError):
        raise
    except Exception as error:
        kind, library = type(error).__name__, type(error).__module__.partition(".")[0]
        if not isinstance(error, OSError | ValueError) and library not in _LIBRARIES:
            raise
        words = re.sub(r"//[^/@\s]*@", "//", " ".join(str(error).split()))[:300]  # an endpoint may hold a password
        if isinstance(error, PermissionError | ValueError) or kind in _REFUSED:
            raise InputError(f"{address}: {words or kind}; check the address and the store's credentials") from error
        raise StorageError(
            f"{address}: {kind}: {words}; the store failed, also after retries. "
            "What is done is kept: the same command resumes"
        ) from error
    finally:
        heartbeat()
