"""Speediness change: tell at which speed a clip runs, how it changes, and where (source 003).

Shapes: B batch, D width of the feature (512 in the paper).
"""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional

from ._contract import Contract, System
from ._momentum import MomentumContrast
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.clip_input import ClipInput, clip_input
from .encoders.cnn3d import CNN3D, CNN3DName
from .encoders.motion_curves import MotionNet
from .encoders.vivit import ViViT, ViViTSettings
from .heads.projection import Projection
from .heads.segments import Segments, mirrored_pairs, mirrored_places

_MIRRORED = ("fine", "pace")
_UNPLACED = ("coarse", "jump", "pace")  # their clips change speed in the middle, or not at all


@dataclass(frozen=True)
class Settings:
    """Knobs of the pretext task.

    - `encoder`, `width`: see `CNN3D`. The thesis states no depth; the numbers it compares with are of 10 layers.
      `vivit` is the backbone of `ssl_v3`, `width` its dim and `depth` its layers in space and in time. `motion` sees
      only how much the picture changes between frames up to `lags` apart, and keeps every step of time (`MotionNet`,
      with `dropout`); it is ours.
    - `input`: the thesis shows the picture. With few videos the appearance of a clip drowns its motion,
      and networks that see differences of frames learn what those that see pictures do not. `motion` has its own.
    - `head`: the thesis classifies the mean over time and space (`mean`). `segments` scores the steps before and after
      each possible change (`Segments`); it needs `motion`, whose steps are those of the clip, and the task `fine`.
    - `reverse`: play half of the windows backwards in training, which swaps the speeds and mirrors the place exactly,
      and predict from both directions. It needs the task `fine` or `pace`.
    - `task`: `fine` tells `pool` squared pairs of speeds, `coarse` four constant speeds and jumps by
      one or two either way, `jump` those jumps alone, `pace` the `pool` constant speeds alone, `pattern`
      only constant, faster, slower.
    - `classes_first`, `change_jitter`, `same_batch`: how training draws from windows. The class of speed before
      the place of change (Table 4.1), for `coarse` all classes alike; by up to how many frames a `coarse` change
      moves off the middle (section 3.5.2); and each video of a batch in every class of speed (section 3.4.3).
    - `has_localization`: also tell at which frame of the middle third the speed changes, if it does.
    - `w_speed`, `w_place`: weights of the class of speed and of the place of change (section 4.4.3 tries unequal
      ones); 0 only logs that part.
    - `w_ctr`: weight of the contrast with a key clip; None is the thesis's for the task (0.25 for
      `coarse`, `jump` and `pace`, 0.5 otherwise), 0 leaves it out.
    - `queue_size`, `momentum`, `temperature`, `projection_dim`, `key_groups`: see `MomentumContrast`.

    Raises ValueError for localization in a task whose clips have no such label, for `segments` without what it needs,
    for a lag as long as the clip, and for `reverse` where the classes have no mirror.
    """

    num_frames: int = 16
    size_px: int = 112
    encoder: CNN3DName | Literal["vivit", "motion"] = "r2plus1d_10"
    width: int = 64
    depth: int = 4
    lags: int = 6
    dropout: float = 0.2
    input: ClipInput = "picture"
    head: Literal["mean", "segments"] = "mean"
    reverse: bool = False
    task: Literal["fine", "coarse", "jump", "pace", "pattern"] = "fine"
    pool: int = 3
    classes_first: bool = False
    change_jitter: int = 1
    same_batch: bool = False
    has_localization: bool = True
    w_speed: float = 1.0
    w_place: float = 1.0
    w_ctr: float | None = None
    projection_dim: int = 128
    queue_size: int = 2048
    momentum: float = 0.999
    temperature: float = 0.07
    key_groups: int = 4

    def __post_init__(self) -> None:
        """Refuse a head that no label could train."""
        if self.task in _UNPLACED and self.has_localization:
            raise ValueError(f"has_localization must be False for task {self.task!r}, whose clips have no such label")
        if self.head == "segments" and not (self.encoder == "motion" and self.task == "fine" and self.has_localization):
            raise ValueError("head='segments' needs encoder='motion', task='fine' and has_localization=True")
        if self.encoder == "motion" and self.lags >= self.num_frames:
            raise ValueError(f"lags={self.lags} must be below num_frames={self.num_frames}")
        if self.reverse and self.task not in _MIRRORED:
            raise ValueError(f"reverse must be False for task {self.task!r}; allowed are {' and '.join(_MIRRORED)}")
        if self.reverse and self.num_frames % 3 == 0:
            raise ValueError(f"reverse needs num_frames that 3 does not divide, not {self.num_frames}")

    @property
    def num_speed_classes(self) -> int:
        """How many speed classes the task has."""
        return {"fine": self.pool**2, "coarse": 8, "jump": 4, "pace": self.pool, "pattern": 3}[self.task]

    @property
    def num_localization_classes(self) -> int:
        """The frames of the middle third, ends included, and one more for no change."""
        return 2 * self.num_frames // 3 - self.num_frames // 3 + 2

    @property
    def contrast_weight(self) -> float:
        """The weight of the contrastive loss, resolved."""
        if self.w_ctr is not None:
            return self.w_ctr
        return 0.25 if self.task in _UNPLACED else 0.5


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(size_px=48, encoder="r3d_10", width=16, input="difference", queue_size=256),
    "motion": Settings(size_px=32, encoder="motion", head="segments", reverse=True, w_ctr=0.0),
    "tiny": Settings(num_frames=8, size_px=32, width=4, queue_size=16, projection_dim=8),
}

RECIPE = Recipe(
    optimizer="sgd",
    lr=0.01,
    epochs=400,
    batch=32,
    momentum=0.9,
    weight_decay=5e-4,
    schedule="multistep",
    milestones=(150, 250, 350),
)

CONTRACT = Contract(
    example="query_key",
    # Kinds and probabilities are the thesis's (3.5.1), which names no hue; strengths are those of MoCo v2.
    augment={
        "hflip": 0.5, "color": 0.8, "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "gray": 0.2, "blur": 0.5,
    },
    map="feature_map",
)  # fmt: skip


class Model(System):
    """A clip network with a head for the speeds, one for the place of change, and momentum contrast."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = nn.Identity() if settings.encoder == "motion" else clip_input(settings.input)
        self.encoder, dim = _encoder(settings)
        if settings.head == "segments":
            self.segments = Segments(dim, num_frames=settings.num_frames, pool=settings.pool)
        else:
            self.speed = nn.Linear(dim, settings.num_speed_classes)
            if settings.has_localization:
                self.localize = nn.Linear(dim, settings.num_localization_classes)
        if settings.contrast_weight:
            self.project = Projection(dim, settings.projection_dim)
            self.contrast = MomentumContrast(
                self._query_network(),
                dim=settings.projection_dim,
                queue_size=settings.queue_size,
                momentum=settings.momentum,
                temperature=settings.temperature,
                key_groups=settings.key_groups,
            )

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the cross-entropies of speed and place, and the weighted contrast, with each part."""
        maps = self.feature_map(batch["clip"])
        speeds, places = self._scores(maps)
        speed = functional.cross_entropy(speeds, batch["speed_class"])
        total, parts = self.settings.w_speed * speed, {"speed": speed.detach()}
        if places is not None:
            place = functional.cross_entropy(places, batch["localization_class"])
            total, parts["localization"] = total + self.settings.w_place * place, place.detach()
        if self.settings.contrast_weight:
            query, key_clip = self.project(maps), self.normalize(batch["key"])
            contrast = self.contrast(query, key_clip, network=self._query_network(), gather=step.gather)
            total, parts["contrast"] = total + self.settings.contrast_weight * contrast, contrast.detach()
        return {"loss": total, **parts}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return probabilities (B, C) of `speed_class` and, where it is trained, `localization_class`."""
        shares = self._shares(batch["clip"])
        if not self.settings.reverse:
            return shares
        backwards = self._shares(batch["clip"].flip(2))
        if self.settings.task == "fine":
            backwards["speed_class"] = mirrored_pairs(backwards["speed_class"], self.settings.pool)
        if "localization_class" in backwards:
            backwards["localization_class"] = mirrored_places(backwards["localization_class"])
        return {name: (share + backwards[name]) / 2 for name, share in shares.items()}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the pooled feature (B, D)."""
        return _pooled(self.feature_map(clip_BCTHW))

    def feature_map(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the last feature map (B, D, T/8, H/16, W/16), whose mean over D shows where the network looks.

        A ViViT gives (B, D, n + 1, 1, 1): its class token and its n steps of time. `motion` gives (B, D, T - 1, 1, 1).
        """
        maps: Tensor = self.encoder(self.normalize(clip_BCTHW))
        return maps

    def _scores(self, maps: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return logits of the speeds and, where there is a head for it, of the place of change."""
        if self.settings.head == "segments":
            scores: tuple[Tensor, Tensor] = self.segments(maps[..., 0, 0])
            return scores
        feature = _pooled(maps)
        return self.speed(feature), self.localize(feature) if self.settings.has_localization else None

    def _shares(self, clip_BCTHW: Tensor) -> dict[str, Tensor]:
        speeds, places = self._scores(self.feature_map(clip_BCTHW))
        shares = {"speed_class": speeds.softmax(dim=1)}
        return shares if places is None else shares | {"localization_class": places.softmax(dim=1)}

    def _query_network(self) -> nn.Sequential:
        return nn.Sequential(self.encoder, self.project)


class _TokenMaps(ViViT):
    """A ViViT whose tokens stand along time, as the feature map of a clip."""

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        return super().forward(clip_BCTHW).mT[..., None, None]


def _encoder(settings: Settings) -> tuple[nn.Module, int]:
    """Return the network from a clip to its feature map, and the map's channels D."""
    if settings.encoder == "motion":
        motion = MotionNet(num_lags=settings.lags, width=settings.width, dropout=settings.dropout)
        return motion, motion.dim
    if settings.encoder != "vivit":
        network = CNN3D(settings.encoder, width=settings.width)
        return network, network.dim
    size = ViViTSettings(
        num_frames=settings.num_frames,
        size_px=settings.size_px,
        dim=settings.width,
        depth_space=settings.depth,
        depth_time=settings.depth,
        head_dim=settings.width // ViViTSettings.heads,
    )
    return _TokenMaps(size), settings.width


def _pooled(maps_BDTHW: Tensor) -> Tensor:
    return maps_BDTHW.mean(dim=(2, 3, 4))
