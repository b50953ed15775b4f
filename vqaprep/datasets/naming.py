"""Name a video in a table so that `matching` finds it and no other."""

from collections.abc import Mapping, Sequence

from vqaprep.rows import Row
from vqaprep.rows.pseudonyms import is_hidden_address


def names_of(rows: Sequence[Row], shown: Sequence[Row]) -> dict[str, str]:
    """Return by video what the saved table calls it: the shortest end of its path that no other video has.

    A hidden video keeps its pseudonym, and one whose name is no plain text has its id.
    """
    paths = {row.video_id: row.uri.replace("\\", "/").split("/") for row in shown}
    names: dict[str, str] = {}
    ends = _unique_ends(paths)
    for row in rows:
        end = ends[row.video_id]
        is_plain = end.isprintable() and end[:1] not in "=+-@'"
        names[row.video_id] = row.uri if is_hidden_address(row.uri) else end if is_plain else row.video_id
    return names


def _unique_ends(paths: Mapping[str, Sequence[str]]) -> dict[str, str]:
    names: dict[str, str] = {}
    waiting, length = set(paths), 1
    while waiting:
        ends: dict[str, list[str]] = {}
        for video in waiting:
            # endings of files do not tell videos apart in a table of labels, nor do they here
            end = "/".join(paths[video][-length:])
            ends.setdefault(end.rpartition(".")[0].casefold() or end, []).append(video)
        for several in ends.values():
            is_all = any(length >= len(paths[video]) for video in several)
            if len(several) == 1 or is_all:
                names |= {video: "/".join(paths[video][-length:]) for video in several}
        waiting -= names.keys()
        length += 1
    return names
