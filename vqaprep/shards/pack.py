"""Turn a rendered scene into the bytes of its sample: encode, measure, describe."""

from collections.abc import Sequence

from vqaprep import measures as known_measures
from vqaprep.errors import MediaError
from vqaprep.errors.heartbeat import heartbeat
from vqaprep.rows import Dropped
from vqaprep.shards import codecs
from vqaprep.shards.record import record
from vqaprep.shards.render import STAGE, Rendered, View
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.write import Packed


def pack(rendered: Rendered, settings: ShardSettings) -> tuple[Packed, list[float], list[Dropped]]:
    """Return the sample, the PSNR of each view after a lossy codec (none for an exact one), and what has no measure."""
    key, codec = rendered.scene.key, codecs.get(settings.codec)
    measured, dropped = _measured(rendered.views, settings.measure)
    views, measures = [view for view, _ in measured], [values for _, values in measured]
    names = [f"{key}.{view.name}.{codec.extension}" for view in views]
    data = [codecs.encode(view.pixels, settings.codec) for view in views]
    damage_db = []
    if not codec.is_exact:
        for view, stored, values in zip(views, data, measures, strict=True):
            back = codecs.decode(memoryview(stored), codec.extension, num_frames=len(view.pixels))
            psnr_db = known_measures.get("psnr").apply(view.pixels, back, view.clip.rate_fps)
            values[f"{settings.codec}_psnr"] = psnr_db
            damage_db.append(psnr_db)
    described = record(
        rendered.scene,
        list(zip(names, views, strict=True)),
        measures=measures,
        models=_models(settings.measure),
        scaling=rendered.scaling,
        include_source=settings.include_source,
        carry=settings.carry,
    )
    return Packed(key, described, tuple(zip(names, data, strict=True))), damage_db, dropped


def _measured(
    views: Sequence[View], wanted: Sequence[str]
) -> tuple[list[tuple[View, dict[str, float]]], list[Dropped]]:
    """Return the views with their measures, and the clips of which a view could not be measured."""
    measured: list[tuple[View, dict[str, float]]] = []
    dropped: dict[str, Dropped] = {}
    for view in views:
        try:
            measured.append((view, _compare(view, views, wanted)))
        except MediaError as error:
            dropped[view.clip.id] = Dropped(view.clip.id, STAGE, error.reason, error.detail)
    return [(view, values) for view, values in measured if view.clip.id not in dropped], list(dropped.values())


def _compare(view: View, views: Sequence[View], wanted: Sequence[str]) -> dict[str, float]:
    """Measure a distorted view against the reference of the same frames and draw; a reference has none."""
    heartbeat()
    if not wanted or view.clip.distortion == "none":
        return {}
    like = (view.clip.role, view.draw, "none")
    reference = next(v.pixels for v in views if (v.clip.role, v.draw, v.clip.distortion) == like)
    # In order of names: the bytes of a sample must not depend on the order in which somebody wrote the measures.
    chosen = [known_measures.get(name) for name in sorted(set(wanted))]
    return {measure.name: measure.apply(reference, view.pixels, view.clip.rate_fps) for measure in chosen}


def _models(wanted: Sequence[str]) -> dict[str, str]:
    """Return the trained model of each wanted measure that has one."""
    chosen = [known_measures.get(name) for name in sorted(set(wanted))]
    return {measure.name: measure.model for measure in chosen if measure.model is not None}
