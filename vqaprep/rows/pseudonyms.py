"""Pseudonyms of people and their files: keyed hashes, the same for the same key, meaningless without it.

With `--pseudonymize KEYFILE` every row in a file or a log is hidden: its `uri`, names and ids
are HMAC-SHA256 of what they were. What they stand for is kept in one file of an OUT folder, `PRIVATE`, which only
its owner may read and which is all that must be left out when the folder is shared. A stage decides on the row as
it was (`Veil.show`), in the process that reads the pixels; its results are hidden (`Veil.hide`) before they leave it.

So captions are matched against the real name, letters that a reader confuses allowed: a misread name has another
hash, and hashes could only be compared exactly. A name of which only the hash is known fits no caption, and the video
is dropped.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from vqaprep.errors import InputError
from vqaprep.rows import Dropped, Row
from vqaprep.storage.durable import durable

PRIVATE = "identities.private.parquet"
HOW_TO_MAKE_A_KEY = r"(umask 077; head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' > KEYFILE)"
PERSONAL = ("subject_id", "subject_name", "group_id")
NAMES = ("subject", "not_")
"""Settings that are people's names, separated by `|`."""
_WORDS = (
    "labels",
    "labels_sha256",
    "overrides",
    "run",
)  # settings that are paths, or could confirm a guess of what a table says
_KEY_BYTES = 32
_VIDEO = "private:"
_READ = re.compile("\u201c[^\u201d]*\u201d")
_HIDDEN_VIDEO = re.compile(r"private:[0-9a-f]{24}")  # a file has an ending, so none has such a name
_HASH = re.compile(r"[0-9a-f]{64}")
_PROOF_DIGITS = 16
_LEAST_DISTINCT = 12  # 32 random bytes have fewer distinct ones about never


@lru_cache(maxsize=8)
def read_key(path: Path) -> bytes:
    """Return the key in `path`, 32 bytes or more, written as hexadecimal digits.

    Raises:
        InputError: there is no such file, others may read it, or it holds no key.
    """
    remedy = f"make one: {HOW_TO_MAKE_A_KEY}"
    if not path.is_file():
        raise InputError(f"there is no key file {path}; name it with --pseudonymize, or {remedy}")
    if path.stat().st_mode & 0o077:
        raise InputError(f"{path} can be read by others, who could undo the pseudonyms; run: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise InputError(f"cannot read the key file {path}: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is no key file; {remedy}") from error
    if len(set(key)) < _LEAST_DISTINCT <= len(key):
        raise InputError(f"{path} holds a key that can be guessed, of {len(set(key))} distinct bytes; {remedy}")
    if len(key) < _KEY_BYTES:
        raise InputError(f"{path} holds {len(key)} bytes, a key has {_KEY_BYTES}; {remedy}")
    return key


@dataclass(frozen=True)
class Veil:
    """Hides people and files behind pseudonyms, and remembers in `book` what each stands for."""

    key_file: Path
    book: dict[str, str] = field(default_factory=dict, repr=False)

    is_hiding: ClassVar[bool] = True
    """False for the veil of what is not hidden, `no_veil.NoVeil`."""

    @property
    def key_name(self) -> str:
        """An identifier of the key that reveals nothing: the same for the same key."""
        return "key " + _hash(self.key_file, "which key is this")[:12]

    def alone(self) -> "Veil":
        """Return this veil without its table of names, for a process that only hides."""
        return Veil(self.key_file)

    def word(self, text: str) -> str:
        """Return the pseudonym of an id, letter for letter; a pseudonym stays what it is."""
        return text if self._is_own(text) else self._noted(_pseudonym(self.key_file, text), text)

    def name(self, text: str) -> str:
        """Return the pseudonym of a person's name; case and the spaces between its words do not matter."""
        if self._is_own(text):
            return text
        plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
        return self._noted(_pseudonym(self.key_file, plain), text)

    def video(self, uri: str) -> str:
        """Return the pseudonym of a file's address, the same from every working folder."""
        if _HIDDEN_VIDEO.fullmatch(uri):
            return uri
        full = uri if "://" in uri else str(Path(uri).absolute())
        return self._noted(_VIDEO + _hash(self.key_file, full)[:24], full)

    def hide(self, row: Row) -> Row:
        """Return `row` with pseudonyms for its address and its person."""
        personal = {name: value for name in PERSONAL if (value := getattr(row, name)) is not None}
        hidden = {
            name: self.name(value) if name == "subject_name" else self.word(value) for name, value in personal.items()
        }
        return row.having(uri=self.video(row.uri), **hidden)

    def hide_drop(self, drop: Dropped, uri: str, *, called: str | None = None) -> Dropped:
        """Return `drop`, which is about the file `uri`, `called` so and without names of files and people in its words.

        What was read in a picture is in typographic quotation marks, and nothing else is.
        """
        detail = _READ.sub("(hidden)", drop.detail)
        for spelling in (str(Path(uri).absolute()), uri, Path(uri).name):
            detail = detail.replace(spelling, self.video(uri))
        return replace(drop, id=called or drop.id, detail=detail, uri=self.video(uri))

    def hide_drops(self, drops: Iterable[Dropped], uris: Mapping[str, str]) -> list[Dropped]:
        """Return drops, hidden; `uris` has the file of each by its id."""
        return [self.hide_drop(drop, uris[drop.id]) for drop in drops]

    def show(self, row: Row) -> Row:
        """Return `row` as it was before it was hidden, as far as the book tells."""
        personal = {name: self.book.get(value, value) for name in PERSONAL if (value := getattr(row, name)) is not None}
        return row.having(uri=self.address(row.uri), **personal)

    def address(self, uri: str) -> str:
        """Return where a hidden file lies."""
        return self.book.get(uri, uri)

    def settings(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings as they go into `run.json`: names and paths as pseudonyms."""
        hidden = dict(values)
        for name in values.keys() & set(NAMES) - {n for n in NAMES if values.get(n) is None}:
            hidden[name] = "|".join(self.name(part.strip()) for part in values[name].split("|"))
        for name in _WORDS:
            if values.get(name) is not None:
                hidden[name] = self.word(values[name])
        return hidden | {"pseudonymize": self.key_name}

    def save(self, folder: Path) -> None:
        """Write the book to `folder`, durably, readable by its owner only."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = {"pseudonym": list(self.book), "stands_for": list(map(_printable, self.book.values()))}
        metadata = {"key_file": str(self.key_file), "key_name": self.key_name}
        table = pa.table(columns, schema=pa.schema([(name, pa.string()) for name in columns], metadata=metadata))
        with durable(folder / PRIVATE, mode=0o600) as temporary:
            pq.write_table(table, temporary, compression="zstd")

    def _is_own(self, text: str) -> bool:
        """Say if `text` is a pseudonym under this key; 64 other digits, such as a hash without a key, are not."""
        head, proof = text[:-_PROOF_DIGITS], text[-_PROOF_DIGITS:]
        return _HASH.fullmatch(text) is not None and hmac.compare_digest(_proof(self.key_file, head), proof)

    def _noted(self, pseudonym: str, text: str) -> str:
        self.book[pseudonym] = text
        return pseudonym


def is_hidden(row: Row) -> bool:
    """Say if `row` was written under a veil."""
    return is_hidden_address(row.uri)


def is_hidden_address(uri: str) -> bool:
    """Say if an address is a pseudonym."""
    return _HIDDEN_VIDEO.fullmatch(uri) is not None


def _pseudonym(key_file: Path, text: str) -> str:
    """Return 48 digits that stand for `text`, and 16 that prove that they were made with this key."""
    head = _hash(key_file, text)[:-_PROOF_DIGITS]
    return head + _proof(key_file, head)


def _proof(key_file: Path, head: str) -> str:
    return _hash(key_file, f"pseudonym {head}")[:_PROOF_DIGITS]


def _hash(key_file: Path, text: str) -> str:
    return hmac.new(read_key(key_file), text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
