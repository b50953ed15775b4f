"""Parse and check the JSON of a sample, which may come from an untrusted source.

See `record` for what the keys mean.
"""

import json
import re
from functools import cache
from math import isfinite, prod
from typing import Any

from vqaprep.errors import IntegrityError
from vqaprep.shards.codecs import extensions
from vqaprep.shards.headers import MOST_BYTES
from vqaprep.shards.record import SAMPLE_LABELS, SPEED_LABELS

MOST_JSON_BYTES = 1 << 26
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")
_NUMBERS = ("fold", "mos", "mos_std")


def parsed(data: bytes | memoryview, where: str) -> dict[str, Any]:
    """Return the record in `data`; each view is given its `place` in the sample.

    Raises:
        IntegrityError: it is no record of a sample.
    """
    if len(data) > MOST_JSON_BYTES:
        raise IntegrityError(
            f"the JSON of a sample of {where} has {len(data)} bytes; at most {MOST_JSON_BYTES} are read"
        )
    try:
        record = json.loads(bytes(data), parse_constant=_refuse)
        _check(record)
    except KeyError as error:
        raise _damaged(where, f"it lacks {error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError, MemoryError) as error:
        raise _damaged(where, str(error) or type(error).__name__) from error
    for place, view in enumerate(record["views"]):
        view["place"] = place
    found: dict[str, Any] = record
    return found


def _damaged(where: str, why: str) -> IntegrityError:
    return IntegrityError(f"the JSON of a sample of {where} has a wrong value: {why[:200]}; run `vqaprep verify`")


def _check(record: Any) -> None:
    _demand(_KEY.fullmatch(record["key"]), "key")
    _demand(isinstance(record["scene_id"], str), "scene_id")
    _demand(_is_number(record["rate_fps"]) and record["rate_fps"] > 0, "rate_fps")
    _demand(isinstance(record["is_vfr"], bool), "is_vfr")
    for name in SAMPLE_LABELS:
        value = record[name]
        is_right = _is_number(value) if name in _NUMBERS else isinstance(value, str)
        _demand(value is None or is_right, name)
    views = record["views"]
    _demand(isinstance(views, list) and views, "views")
    for view in views:
        _check_view(view, record["key"])
    members = {view["member"] for view in views}
    _demand(len(members) == len(views), "views, which name one member twice")


def _check_view(view: Any, key: str) -> None:
    member = view["member"]
    _demand(member.startswith(f"{key}.") and _member().fullmatch(member[len(key) + 1 :]), "member")
    _demand(view["role"] in ("query", "key"), "role")
    _demand(isinstance(view["distortion"], str), "distortion")
    _demand(isinstance(view["level"], int), "level")
    num_frames = len(view["frames"])
    for name in ("frames", "ticks"):
        values = view[name]
        _demand(set(map(type, values)) == {int} and min(values) >= 0 and len(values) == num_frames, name)
    _demand(set(map(type, view.get("times_s", ()))) <= {int, float}, "times_s")
    for name in SPEED_LABELS[1:]:
        _demand(view[name] is None or isinstance(view[name], int), name)
    _demand(isinstance(view["task"], str), "task")
    shape = view.get("shape")
    if shape is not None:
        is_right = len(shape) == 4 and all(type(v) is int and v > 0 for v in shape) and prod(shape) <= MOST_BYTES
        _demand(is_right and shape[0] == num_frames and shape[3] == 3, "shape")


@cache
def _member() -> re.Pattern[str]:
    """Return the pattern of a member's name after its key."""
    known = "|".join(map(re.escape, extensions()))
    return re.compile(rf"(?:query|key)\.[\w.+-]{{1,250}}\.(?:{known})", re.ASCII)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _demand(is_so: object, name: str) -> None:
    if not is_so:
        raise ValueError(f"{name} holds what none has")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
