"""All views of a folder are scaled in one way, and their JSON says which."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from tests.shards.conftest import clips_of, straight_track
from tests.shards.test_render import rendered
from vqaprep.media.decode import decode
from vqaprep.rows import Video
from vqaprep.shards.pack import pack
from vqaprep.shards.settings import ShardSettings, Spatial

SMALL = ShardSettings(spatial="resize", size_px=32)
BOTH = (("none", 0), ("contrast", 1))


def test_whole_plain_pictures_are_scaled_from_the_planes_of_the_decoder(film: Callable[..., Video]) -> None:
    video = film("a.mp4")
    [scene] = rendered(clips_of(video), SMALL)
    expected = [frame.scaled((48, 32)) for frame in decode(video.uri)]
    assert np.array_equal(scene.views[0].pixels, expected[:4])
    assert b'"scaling":"planes"' in pack(scene, SMALL)[0].record


def test_where_any_view_is_distorted_all_are_scaled_from_rgb(film: Callable[..., Video]) -> None:
    one, other = film("a.mp4"), film("b.mp4", seed=1)
    for scene in rendered([*clips_of(one), *clips_of(other, variants=BOTH)], SMALL):
        wholes = [frame.rgb() for frame in decode(scene.scene.clips[0].uri)]
        expected = [cv2.resize(whole, (48, 32), interpolation=cv2.INTER_AREA) for whole in wholes]
        assert np.array_equal(scene.views[0].pixels, expected[:4]), "also of a video without any distortion"
        assert b'"scaling":"rgb"' in pack(scene, SMALL)[0].record


@pytest.mark.parametrize(
    ("spatial", "scaling"), [("native", "null"), ("fragments", "null"), ("face", '"rgb"'), ("center", '"rgb"')]
)
def test_windows_are_scaled_from_rgb_and_whole_sizes_not_at_all(
    film: Callable[..., Video], spatial: Spatial, scaling: str
) -> None:
    video = film("a.mp4")
    settings = ShardSettings(spatial=spatial, size_px=32)
    [scene] = rendered(clips_of(video, crop_track=straight_track(video)), settings)
    assert f'"scaling":{scaling}'.encode() in pack(scene, settings)[0].record
