"""The request and the result of the choice of the participant."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vqaprep.detect.tracks import Track

Rule = Literal["largest", "left", "right", "only"]


@dataclass(frozen=True, slots=True)
class Who:
    """How the participant is identified: by a name pattern, by a pattern of who it is not, or by a rule of place.

    Names decide where any can be read; a caption that fits `excluded` never names the participant. The rule
    decides where no name was asked for, where no caption could be read at all, and where `are_captions_ignored`:
    captions that leave a doubt are a reason to drop the video, not to guess.
    """

    subject: str | None = None
    excluded: str | None = None
    rule: Rule | None = None
    is_same_checked: bool = True
    are_captions_ignored: bool = False


@dataclass(frozen=True, slots=True)
class Chosen:
    """The participant's tracks, the name read there (None by rule), and the rule that decided."""

    tracks: tuple[Track, ...]
    name: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nobody was chosen: a code of `rows.REASONS`, and words in which read names are `quoted`."""

    reason: str
    detail: str


def ambiguous(detail: str) -> Refused:
    """Return the refusal of a video whose participant is in doubt."""
    return Refused("subject_ambiguous", detail)


def remedy(who: Who, *, is_read: bool) -> str:
    """Name the options that could still decide, depending on whether captions were read."""
    ways = []
    if not is_read or who.excluded is None:
        ways += ["--subject NAME as captioned"] if who.subject is None or is_read else []
        ways += ["--not NAMES of all others"] if who.excluded is None and who.subject is None else []
    if who.rule is None:
        ways += [f"--rule largest|left|right|only{' with --ignore-captions' if is_read else ''}"]
    elif is_read and not who.are_captions_ignored:
        ways += [f"--ignore-captions, as --rule {who.rule} is not used where captions were read"]
    return f"; give {', or '.join(ways)}" if ways else ""


def quoted(text: str) -> str:
    """Return `text` in the quotation marks that only what was read in a picture has; pseudonyms hide what they hold."""
    return f"\u201c{text.replace(chr(0x201C), '').replace(chr(0x201D), '')}\u201d"


def listed(texts: Iterable[str], *, most: int = 6) -> str:
    """Return the first of `texts`, each once, in a row."""
    distinct = list(dict.fromkeys(texts))
    return ", ".join(distinct[:most]) + (f" and {len(distinct) - most} more" if len(distinct) > most else "")
