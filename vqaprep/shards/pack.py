"""Turn a rendered scene into the bytes of its sample: encode, measure, describe."""

from collections.abc import Sequence

from vqaprep.errors import MediaError
from vqaprep.heartbeat import heartbeat
from vqaprep.rows import Dropped
from vqaprep.shards.codecs import decode, encode
from vqaprep.shards.headers import EXTENSIONS
from vqaprep.shards.measure import psnr_db, ssim, vmaf
from vqaprep.shards.record import record
from vqaprep.shards.render import STAGE, Rendered, View
from vqaprep.shards.settings import Measure, ShardSettings
from vqaprep.shards.write import Packed


def pack(rendered: Rendered, settings: ShardSettings) -> tuple[Packed, list[float], list[Dropped]]:
    """Return the sample, the PSNR of each view after a lossy codec (none for an exact one), and what has no measure."""
    key, extension = rendered.scene.key, EXTENSIONS[settings.codec]
    measured, dropped = _measured(rendered.views, settings.measure)
    views, measures = [view for view, _ in measured], [told for _, told in measured]
    names = [f"{key}.{view.name}.{extension}" for view in views]
    data = [encode(view.pixels, settings.codec) for view in views]
    damage_db = []
    if settings.codec == "jpeg":
        for view, stored, found in zip(views, data, measures, strict=True):
            back = decode(memoryview(stored), extension, num_frames=len(view.pixels))
            found["jpeg_psnr"] = psnr_db(view.pixels, back)
            damage_db.append(found["jpeg_psnr"])
    described = record(
        rendered.scene,
        list(zip(names, views, strict=True)),
        measures=measures,
        scaling=rendered.scaling,
        include_source=settings.include_source,
        carry=settings.carry,
    )
    return Packed(key, described, tuple(zip(names, data, strict=True))), damage_db, dropped


def _measured(
    views: Sequence[View], wanted: Sequence[Measure]
) -> tuple[list[tuple[View, dict[str, float]]], list[Dropped]]:
    """Return the views with their measures, and the clips of which a view could not be measured."""
    found: list[tuple[View, dict[str, float]]] = []
    dropped: dict[str, Dropped] = {}
    for view in views:
        try:
            found.append((view, _compare(view, views, wanted)))
        except MediaError as error:
            dropped[view.clip.id] = Dropped(view.clip.id, STAGE, error.reason, error.detail)
    return [(view, told) for view, told in found if view.clip.id not in dropped], list(dropped.values())


def _compare(view: View, views: Sequence[View], wanted: Sequence[Measure]) -> dict[str, float]:
    """Measure a distorted view against the reference of the same frames and draw; a reference has none."""
    heartbeat()
    if not wanted or view.clip.distortion == "none":
        return {}
    like = (view.clip.role, view.draw, "none")
    reference = next(v.pixels for v in views if (v.clip.role, v.draw, v.clip.distortion) == like)
    found: dict[str, float] = {}
    if "psnr" in wanted:
        found["psnr"] = psnr_db(reference, view.pixels)
    if "ssim" in wanted:
        found["ssim"] = ssim(reference, view.pixels)
    if "vmaf" in wanted:
        found["vmaf"] = vmaf(reference, view.pixels, rate_fps=view.clip.rate_fps)
    return found
