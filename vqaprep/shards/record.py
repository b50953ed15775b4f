"""The JSON of one sample, `KEY.json`, version 3.

key, scene_id, video_id      names; `key` is the scene id where that is a safe file name, else its checksum
dataset, split, fold, label, mos, mos_std, subject_id, group_id, theme      as in the manifest, or null
scaling     how pictures were scaled: `planes`, by the mean over areas of the decoder's planes, which then become RGB;
            `rgb`, by the mean over RGB pictures of full size, as distortions need them; null, not at all
rate_fps, is_vfr             the video's clock: ticks a second; whether its own frames come at a variable rate
views       one entry a member, in the order of the tar:
    member                   file name in the tar; it does not name what is drawn for each sample, such as the level
    role                     query or key
    shape                    [T, H, W, 3] of its pixels, which the member must hold; not in version 1
    distortion, level, draw  none/0 is the reference; draw counts independent fragment draws of the same clip
    frames, ticks, times_s   source frames in presentation order, their places on the video's clock, their own times;
                             ticks of a clip are as far apart as its times, but where a variable rate holds a frame
    task, interval, pool, rate_first, rate_second, change_index, speed_class, localization_class
    motion                   mean luma change a source frame
    box_px                   [left, top, width, height] a frame in the source picture; null: the whole picture
    measures                 {name: value} of the measures of `shard --measure`; null where a value is infinite
models      {measure: model}: the trained model behind a measure such as vmaf; absent where no measure has one
columns     {name: value} of the further columns that `carry` names; null where the video has none
source      {uri, subject_name, subject_rule}, only with `include_source`, never of pseudonymized videos
"""

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from vqaprep.rows import Cell, Clip
from vqaprep.shards.geometry import Scaling
from vqaprep.shards.names import VERSION
from vqaprep.shards.render import View
from vqaprep.shards.scenes import Scene

SAMPLE_LABELS = (
    "video_id", "dataset", "split", "fold", "label", "mos", "mos_std", "subject_id", "group_id", "theme",
)  # fmt: skip
SPEED_LABELS = (
    "task", "interval", "pool", "rate_first", "rate_second", "change_index", "speed_class", "localization_class",
)  # fmt: skip


def record(
    scene: Scene,
    views: Sequence[tuple[str, View]],
    *,
    measures: Sequence[Mapping[str, float]],
    models: Mapping[str, str],
    scaling: Scaling | None,
    include_source: bool,
    carry: Sequence[str] = (),
) -> bytes:
    """Return the JSON of a sample whose `views` are (member name, view), with the measures of each."""
    first = scene.clips[0]
    value: dict[str, Any] = {"version": VERSION, "key": scene.key, "scene_id": first.scene_id}
    value |= {name: getattr(first, name) for name in (*SAMPLE_LABELS, "rate_fps", "is_vfr")}
    value["scaling"] = scaling
    value["views"] = [_view(*entry, found) for entry, found in zip(views, measures, strict=True)]
    if models:
        value["models"] = dict(models)
    if carry:
        further = dict(first.extra)
        value["columns"] = {name: _finite(further.get(name)) for name in carry}
    if include_source:
        value["source"] = {name: getattr(first, name) for name in ("uri", "subject_name", "subject_rule")}
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def _finite(cell: Cell | None) -> Cell | None:
    return None if isinstance(cell, float) and not isfinite(cell) else cell


def _view(member: str, view: View, measures: Mapping[str, float]) -> dict[str, Any]:
    clip: Clip = view.clip
    boxes = view.region.boxes
    return {
        "member": member,
        "role": clip.role,
        "shape": view.pixels.shape,
        "distortion": clip.distortion,
        "level": clip.level,
        "draw": view.draw,
        "frames": clip.frames,
        "ticks": clip.ticks,
        "times_s": [round(t_s, 6) for t_s in clip.times_s],
        **{name: getattr(clip, name) for name in SPEED_LABELS},
        "motion": clip.motion,
        "box_px": boxes and [(left, top, right - left, bottom - top) for left, top, right, bottom in boxes],
        "measures": {name: value if isfinite(value) else None for name, value in measures.items()},
    }
