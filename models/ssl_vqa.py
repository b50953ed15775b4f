"""SSL-VQA: two quality models that teach each other on videos without labels (SSL-VQA, section 4).

Shapes: B batch, P pristine clips, N tokens of C features, D H W the grid of tokens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from ._contract import Contract, System
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.imagenet import ImageNetNormalize
from .encoders.swin3d import Swin3D, SwinSettings
from .heads.quality import VQAHead
from .losses.mvg import Gaussian, fit_gaussian, mvg_distance
from .losses.plcc import Form, plcc_loss


@dataclass(frozen=True)
class Settings(SwinSettings):
    """Knobs of SSL-VQA; the two encoders' are those of `SwinSettings`.

    - `num_frames`, `size_px`: the fragmented clip to cut; 7 fragments of 32 pixels in the paper.
    - `distance_temperature`: Q_D = exp(-d / temperature). `eps`: added to the diagonal of each covariance.
    - `plcc`: see `plcc_loss`.
    - `uses_unlabelled`: False is the paper's SSL-VQA-, with labelled clips only.
    - `uses_consistency`: False drops that loss and the choice of a teacher: both directions are taught.
    - `uses_transfer`: False drops the knowledge transfer.
    - `consistency_batch`: agree on labelled and unlabelled clips `separate`ly (the authors' code) or on
      their `joint` batch (the paper's text).
    - `pristine_every`: refit the pristine statistics at every so many batches.
    """

    num_frames: int = 32
    size_px: int = 224
    fragments: int | None = 7
    head_hidden: int = 64
    head_dropout: float = 0.5
    distance_temperature: float = 100.0
    eps: float = 1e-4
    plcc: Form = "literal"
    uses_unlabelled: bool = True
    uses_consistency: bool = True
    uses_transfer: bool = True
    consistency_batch: Literal["separate", "joint"] = "separate"
    w_consistency: float = 1.0
    w_transfer: float = 1.0
    pristine_every: int = 1


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(
        num_frames=16, size_px=96, fragments=3, dim=24, depths=(2, 2, 2), heads=(1, 2, 4), window=(4, 6, 6)
    ),
    "tiny": Settings(
        num_frames=8, size_px=32, fragments=4, dim=8, depths=(2, 1), heads=(1, 2), window=(2, 4, 4), head_hidden=8
    ),
}

RECIPE = Recipe(
    optimizer="adamw", lr=1e-4, epochs=30, batch=16, weight_decay=0.05, schedule="cosine", warmup_epochs=2.5
)

CONTRACT = Contract(
    example="semi",
    needs="mos",
    uses_pristine=True,
    encoders=("regressor", "measure"),
    fused=("regressed", "measured"),
    map="quality_map",
)


class _Scores(NamedTuple):
    """Scores (B,) of the same clips by both models."""

    regressed: Tensor
    measured: Tensor


class Model(System):
    """A regressor of quality, and a measure of the distance to a corpus of pristine clips.

    The corpus is kept as its Gaussian in the buffers; before any is fitted it is the standard normal.
    """

    pristine_mean: Tensor
    pristine_covariance: Tensor

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        dim = settings.out_dim
        self.normalize = ImageNetNormalize()
        self.regressor = Swin3D(settings)
        self.head = VQAHead(dim, hidden=settings.head_hidden, dropout=settings.head_dropout)
        self.measure = Swin3D(settings)
        self.register_buffer("pristine_mean", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("pristine_covariance", torch.eye(dim, dtype=torch.float64))

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return Eq. 7 and its parts.

        `labelled` and `unlabelled` (B, 2, 3, T, H, W) hold two draws of each clip, `mos` (B,) the labels
        of the first; `pristine` (P, 3, T, H, W), when given, refits the corpus.
        """
        if "pristine" in batch and step.index % self.settings.pristine_every == 0:
            self.fit_pristine([batch["pristine"]])
        labelled = self._score_draws(batch["labelled"], step)
        mos = step.gather(batch["mos"])
        draws = [labelled]
        if self.settings.uses_unlabelled:
            draws.append(self._score_draws(batch["unlabelled"], step))
        parts = {"supervised": self._plcc(labelled[0].regressed, mos) + self._plcc(labelled[0].measured, mos)}
        if self.settings.uses_consistency:
            parts["consistency"] = self.settings.w_consistency * self._agree(draws)
        if self.settings.uses_unlabelled and self.settings.uses_transfer:
            parts["transfer"] = self.settings.w_transfer * self.transfer(*draws[1])
        return {"loss": torch.stack(list(parts.values())).sum(), **parts}

    def transfer(self, first: _Scores, second: _Scores) -> Tensor:
        """Let the model whose two draws agree better teach the other on the first draw (Eq. 6).

        No gradient reaches the teacher. Without consistency each teaches the other.
        """
        by_measure = self._plcc(first.regressed, first.measured.detach())
        by_regressor = self._plcc(first.measured, first.regressed.detach())
        if not self.settings.uses_consistency:
            return by_measure + by_regressor
        with torch.no_grad():
            regressor_error = self._plcc(first.regressed, second.regressed)
            measure_error = self._plcc(first.measured, second.measured)
        return by_measure if bool(regressor_error > measure_error) else by_regressor

    @torch.no_grad()
    def fit_pristine(self, clips: Iterable[Tensor]) -> None:
        """Fit the corpus from batches of pristine clips (P, 3, T, H, W), all their tokens together."""
        count, total, outer = 0, torch.zeros_like(self.pristine_mean), torch.zeros_like(self.pristine_covariance)
        for clip in clips:
            tokens = self._tokens(self.measure, clip).flatten(0, 1).double()
            count, total, outer = count + len(tokens), total + tokens.sum(dim=0), outer + tokens.T @ tokens
        mean = total / count
        self.pristine_mean.copy_(mean)
        self.pristine_covariance.copy_((outer - count * torch.outer(mean, mean)) / (count - 1))

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `quality` (B,), the mean of both models' scores `regressed` and `measured` (B,); higher is better."""
        scores = self._score(batch["clip"])
        return {"quality": (scores.regressed + scores.measured) / 2, **scores._asdict()}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the mean tokens of the regressor and of the measure, side by side (B, 2C)."""
        encoders = (self.regressor, self.measure)
        return torch.cat([self._tokens(encoder, clip_BCTHW).mean(dim=1) for encoder in encoders], dim=1)

    def quality_map(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the regressor's quality of each token (B, D, H, W), one fragment a place in the paper's size."""
        quality: Tensor = self.head(self.regressor(self.normalize(clip_BCTHW)))
        return quality

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Train the head ten times as fast as the encoders, as the authors' code does."""
        encoders = [*self.regressor.parameters(), *self.measure.parameters()]
        return [{"params": encoders, "lr_scale": 1.0}, {"params": list(self.head.parameters()), "lr_scale": 10.0}]

    def _score_draws(self, draws: Tensor, step: BatchStep) -> tuple[_Scores, _Scores]:
        """Score both draws of (B, 2, 3, T, H, W); across ranks they are joined."""
        first, second = (self._score(draws[:, draw]) for draw in (0, 1))
        return _Scores(*map(step.gather, first)), _Scores(*map(step.gather, second))

    def _score(self, clip_BCTHW: Tensor) -> _Scores:
        clips = fit_gaussian(self._tokens(self.measure, clip_BCTHW))
        pristine = Gaussian(self.pristine_mean, self.pristine_covariance)
        distance = mvg_distance(clips, pristine, eps=self.settings.eps)
        measured = torch.exp(-distance / self.settings.distance_temperature).float()
        return _Scores(self.quality_map(clip_BCTHW).float().mean(dim=(1, 2, 3)), measured)

    def _agree(self, draws: list[tuple[_Scores, _Scores]]) -> Tensor:
        """Ask both models for the same scores of both draws (Eq. 5)."""
        if self.settings.consistency_batch == "joint":
            first, second = (_Scores(*map(torch.cat, zip(*scores, strict=True))) for scores in zip(*draws, strict=True))
            draws = [(first, second)]
        errors = [self._plcc(one, other) for first, second in draws for one, other in zip(first, second, strict=True)]
        return torch.stack(errors).sum()

    def _tokens(self, encoder: Swin3D, clip_BCTHW: Tensor) -> Tensor:
        tokens: Tensor = encoder(self.normalize(clip_BCTHW))
        return tokens.flatten(2).mT

    def _plcc(self, prediction: Tensor, target: Tensor) -> Tensor:
        return plcc_loss(prediction, target, form=self.settings.plcc)
