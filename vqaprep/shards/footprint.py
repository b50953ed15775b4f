"""Predict the memory that rendering takes, refuse clips that take too much, and split what does not fit together.

The predictions depend on rows, settings and the limit alone, so every worker refuses the same clips.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import TYPE_CHECKING

from vqaprep import distortions
from vqaprep.errors import memory
from vqaprep.media.convert import Rect
from vqaprep.rows import Clip
from vqaprep.shards.geometry import is_plain, stored_shape, upsampled_px
from vqaprep.shards.scenes import Scene, SourceScenes
from vqaprep.shards.settings import ShardSettings
from vqaprep.shards.take import Take, are_neighbours, around, takes_of, temporal

_RGB_BYTES = 3
if TYPE_CHECKING:
    from vqaprep.shards.plan import ShardPlan

_NUM_LARGEST = 8
_STORED_COPIES = 2  # a view, and its bytes in the tar


@dataclass(frozen=True, slots=True)
class Footprint:
    """The memory held when a scene is rendered, for it and for the scenes that end later."""

    first: int
    last: int
    """The source frame that the scene ends with; `first` is the earliest one that is held."""
    num_frames: int
    """Source frames held at full size, each counted once for every scene that holds it."""
    window: Rect
    """What is held of each."""
    plain_bytes: int
    """Frames that are held as they are stored."""
    gathered_frames: int
    """Source frames that its largest take moves into one array."""
    work_bytes: int
    """What rendering the scene takes on top."""

    def beside(self, later: "Footprint") -> "Footprint":
        """Return this moment with a scene more that is open, and ends later."""
        return replace(
            self,
            first=min(self.first, later.first),
            num_frames=self.num_frames + later.num_frames,
            window=around([self.window, later.window]),
            plain_bytes=self.plain_bytes + later.plain_bytes,
        )

    @property
    def held_bytes(self) -> int:
        """Memory of frames that wait for later ones. Overlapping scenes share their source frames."""
        return self._distinct_frames * _rgb_bytes(self.window) + self.plain_bytes

    @property
    def bytes(self) -> int:
        """All that is taken, but for the decoder.

        A frame that a take moves into its array is there twice only while another take holds it, too.
        """
        shared_frames = min(self.gathered_frames, self.num_frames - self._distinct_frames)
        return self.held_bytes + (shared_frames + 1) * _rgb_bytes(self.window) + self.work_bytes

    @property
    def _distinct_frames(self) -> int:
        # Both ends are held, hence the + 1; clips that overlap share frames, which are counted once.
        return min(self.num_frames, self.last - self.first + 1)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A scene, the takes of its clips that fit into memory, and why the others do not, by clip id."""

    scene: Scene
    takes: tuple[Take, ...]
    refused: dict[str, str]
    footprint: Footprint | None
    """None where no clip fits."""


def fitted(scene: Scene, settings: ShardSettings) -> Fitted:
    """Leave out the clips of `scene` that do not fit into memory even alone, those that need most first."""
    room_bytes, refused = room_beside_decoder(scene.clips[0]), dict[str, str]()
    for is_next in (*_COSTLIEST_FIRST, None):
        clips = [clip for clip in scene.clips if clip.id not in refused]
        takes = takes_of(clips, settings)
        held = _footprint(takes, settings) if takes else None
        if held is None or held.bytes <= room_bytes or is_next is None:
            break
        for clip in filter(is_next, clips):
            refused[clip.id] = _too_much(clip, held)
    return Fitted(scene, tuple(takes), refused, held)


def passes(scenes: Sequence[Fitted]) -> Iterator[list[Fitted]]:
    """Group scenes, which are in order of their last frame, so that each group fits into memory."""
    group: list[Fitted] = []
    moments: list[Footprint] = []
    for scene in scenes:
        new, room_bytes = scene.footprint, room_beside_decoder(scene.scene.clips[0])
        if new is not None:
            first_open = len(moments)
            # Scenes come in order of their last frame, so those that are still open are at the end.
            while first_open and moments[first_open - 1].last >= new.first:
                first_open -= 1
            changed = [*(moment.beside(new) for moment in moments[first_open:]), new]
            if moments and max(moment.bytes for moment in changed) > room_bytes:
                yield group
                group, moments, first_open, changed = [], [], 0, [new]
            moments[first_open:] = changed
        group.append(scene)
    if group:
        yield group


def held_bytes(scenes: Sequence[Scene], settings: ShardSettings) -> tuple[int, int]:
    """Return the most that one video's scenes hold between two of them, with its decoder, and that they take in all."""
    held = peak = 0
    for group in passes([fitted(scene, settings) for scene in scenes]):
        moments: list[Footprint] = []
        for new in (one.footprint for one in group if one.footprint is not None):
            moments = [*(moment.beside(new) if moment.last >= new.first else moment for moment in moments), new]
            held = max([held, *(moment.held_bytes for moment in moments)])
            peak = max([peak, *(moment.bytes for moment in moments)])
            moments = [moment for moment in moments if moment.last >= new.first]
    decoder = _decoding_bytes(scenes[0].clips[0]) if scenes else 0
    return decoder + held, decoder + peak


def largest_sources(made: "ShardPlan") -> list[SourceScenes]:
    """Return the videos of a plan with the largest pictures: enough to predict from, where all would take long."""
    sources = [source for unit in made.units for source in unit.sources]
    return nlargest(_NUM_LARGEST, sources, key=lambda source: _num_px(source.scenes[0].clips[0]))


def needed_bytes(made: "ShardPlan", settings: ShardSettings) -> int:
    """Predict the memory of a worker: the program, the video that takes most, and the tar that is filled."""
    peak = max(held_bytes(source.scenes, settings)[1] for source in largest_sources(made))
    tar = max(sum(scene.num_bytes for scene in unit.scenes(shard)) for unit in made.units for shard in unit.shards)
    return memory.PROGRAM_MB * 1_000_000 + peak + tar


def room_beside_decoder(clip: Clip) -> int:
    """Return what the limit leaves for frames beside the decoder of the clip's video."""
    return memory.room_bytes() - _decoding_bytes(clip)


def _footprint(takes: Sequence[Take], settings: ShardSettings) -> Footprint:
    every = [index for take in takes for index in take.needed]
    stored_bytes = sum(_stored_bytes(clip, settings) for take in takes for clip in take.clips)
    is_native = settings.spatial == "native"  # plain clips then hold source frames
    num_held = sum(len(take.needed if is_native else take.source_places) for take in takes)
    plain = [] if is_native else [clip for take in takes for clip in take.clips if clip.id in take.plain]
    return Footprint(
        first=min(every),
        last=max(every),
        num_frames=num_held,
        window=around([take.window for take in takes]),
        plain_bytes=sum(_stored_bytes(clip, settings) for clip in plain),
        gathered_frames=max(len(take.source_places) for take in takes),
        work_bytes=max(map(_work_bytes, takes)) + _STORED_COPIES * stored_bytes + _enlarged_bytes(takes, settings),
    )


def _work_bytes(take: Take) -> int:
    """Return what the costliest distortion of a take needs beside its frames."""
    return max((_distorting_bytes(clip, take) for clip in take.clips if not is_plain(clip)), default=0)


def _enlarged_bytes(takes: Sequence[Take], settings: ShardSettings) -> int:
    """Return what one frame takes that is enlarged for fragments; a picture of 2 x 2,000 px becomes 50 million."""
    if settings.spatial != "fragments":
        return 0
    sizes = [upsampled_px(clip.width_px, clip.height_px) for take in takes for clip in take.clips]
    return max(_rgb_bytes((0, 0, *size)) for size in sizes)


def _distorting_bytes(clip: Clip, take: Take) -> int:
    damage, is_run = distortions.get(clip.distortion), temporal(clip) is not None
    num_frames = len(take.source_places) if is_run else len(clip.frames)
    frame_bytes = _rgb_bytes(take.regions[clip.id].window)
    is_view = is_run or are_neighbours([take.source_places[index] for index in clip.frames])
    picked_bytes = 0 if is_view else num_frames * frame_bytes
    return int(picked_bytes + num_frames * frame_bytes * damage.copies + frame_bytes / _RGB_BYTES * damage.bytes_per_px)


def _stored_bytes(clip: Clip, settings: ShardSettings) -> int:
    num_frames, height_px, width_px, channels = stored_shape(clip, settings)
    return settings.num_draws * num_frames * height_px * width_px * channels


def _num_px(clip: Clip) -> int:
    return clip.width_px * clip.height_px


def _decoding_bytes(clip: Clip) -> int:
    return memory.decoding_bytes(clip.width_px, clip.height_px)


def _rgb_bytes(window: Rect) -> int:
    left, top, right, bottom = window
    return (right - left) * (bottom - top) * _RGB_BYTES


def _too_much(clip: Clip, held: Footprint) -> str:
    purpose = f"rendering {clip.variant} at {clip.width_px}x{clip.height_px} px with its scene"
    return memory.too_much(_decoding_bytes(clip) + held.bytes, purpose)


_COSTLIEST_FIRST: tuple[Callable[[Clip], bool], ...] = (
    lambda clip: temporal(clip) is not None,
    lambda clip: not is_plain(clip),
    lambda clip: True,
)
