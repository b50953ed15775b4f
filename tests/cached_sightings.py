"""What detectors would have seen of a film, put where a run looks first, so that no detector is needed."""

from pathlib import Path

from vqaprep.detect import watch
from vqaprep.detect.faces import Detector
from vqaprep.detect.kept_looks import stem_of
from vqaprep.detect.sightings import Sightings
from vqaprep.detect.watch import WatchSettings
from vqaprep.media.look import LOOK_VERSION, look
from vqaprep.media.probe import probe
from vqaprep.packages.cache import cache_dir


def remember(film: Path, sightings: Sightings, *, detector: Detector = "mnet") -> None:
    """Put `sightings` of `film` into the cache, as if `detector` had looked at it."""
    video = probe(str(film))
    stem = stem_of(video, cache_dir())
    key = watch._key(WatchSettings(detector=detector))
    sightings.save(stem.with_name(f"{stem.name}.watch{watch.WATCH_VERSION}-{key}.parquet"))
    look(video).save(stem.with_name(f"{stem.name}.look{LOOK_VERSION}.parquet"), video)
