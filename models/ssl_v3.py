"""SSL-V3: a video classifier that learns the quality of its clips from the class labels alone (arXiv 2603.10965).

Shapes: B batch, n sequences (steps of time) of a clip, d width, C classes.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from ._contract import Contract, System
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.clip_input import ClipInput, clip_input
from .encoders.vivit import ViViT, ViViTSettings
from .heads.multibranch import MultiBranch
from .heads.ssr import SequenceScore
from .heads.tune_cls import Tune, tune_cls
from .heads.vsr import VideoScore
from .losses.focal import focal_loss
from .losses.hadsell import derangement, hadsell_loss
from .losses.subject import SubjectLoss


@dataclass(frozen=True)
class Settings(ViViTSettings):
    """Knobs of SSL-V3; the backbone's are those of `ViViTSettings`.

    - `input`: what the backbone sees, see `ClipInput`; the paper's sees the picture.
    - `num_subjects`: how many subjects the data has; read only where `w_sub` is above zero.
    - `vqa`: which quality regressors stand between the features and the class scores (Tables 6 and 9).
    - `vsr_in`: weigh sequences by their scores (the paper's text) or by their features.
    - `tune`: see `tune_cls`. With two classes `margin` never changes the predicted class, so that the quality
      head then has no effect on accuracy. `subject`, `subject_total`: see `SubjectLoss`.
    - `subject_every`: add the subject loss at the `last` batch of an epoch (the paper) or at each.
    - `ctr_rep`: contrast the class probabilities after Tune-CLS (the paper: "the outputs of the two branches"), or
      the unit class token, from which the quality head gets no gradient.
    - `second_pass`: run the permuted batch through the network again (the paper's lower branch) instead
      of permuting the outputs, which differs by dropout only and costs half.

    Raises ValueError when `focal_alpha` has not one weight per class.
    """

    input: ClipInput = "picture"
    num_classes: int = 2
    num_subjects: int = 1
    mc_branches: int = 3
    mc_dropout: float = 0.1
    vqa: Literal["none", "ssr", "vsr", "both"] = "both"
    vsr_in: Literal["score", "feat"] = "score"
    vsr_kernel: int = 3
    tune: Tune = "literal"
    focal_gamma: float = 2.0
    focal_alpha: tuple[float, ...] | None = None
    w_ctr: float = 1.0
    ctr_rep: Literal["cls", "prob"] = "prob"
    ctr_margin: float = 2.0
    second_pass: bool = False
    w_sub: float = 1.0
    subject: Literal["soft", "literal"] = "soft"
    subject_total: Literal["sum", "mean"] = "sum"
    subject_every: Literal["last", "batch"] = "last"

    def __post_init__(self) -> None:
        """Refuse class weights that do not match the classes."""
        super().__post_init__()
        if self.focal_alpha is not None and len(self.focal_alpha) != self.num_classes:
            raise ValueError(
                f"focal_alpha {self.focal_alpha} must have one weight for each of {self.num_classes} classes"
            )


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(
        size_px=64,
        dim=96,
        depth_space=2,
        depth_time=2,
        head_dim=32,
        tune="margin",
        ctr_rep="cls",
        subject_total="mean",
    ),
    "tiny": Settings(
        num_frames=8,
        size_px=32,
        dim=16,
        depth_space=1,
        depth_time=1,
        heads=2,
        head_dim=8,
        num_subjects=4,
    ),
}

RECIPE = Recipe(
    optimizer="adam",
    lr=1e-8,
    epochs=50,
    batch=80,
    drop_last=False,  # the loss of a subject counts each of its clips
    schedule="triangular2",
    max_lr=1e-4,
    step_size_epochs=4,
)

CONTRACT = Contract(
    example="clip",
    needs="label",
    uses_subjects=True,
    # The kinds are those of section 4.3, the numbers ours: the paper gives none.
    augment={
        "hflip": 0.5, "vflip": 0.5, "rotate_deg": 15.0, "color": 0.8,
        "brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.05,
    },
)  # fmt: skip


class _Output(NamedTuple):
    """What one pass gives: `token` (B, d), tuned `logits` (B, C), `quality` (B,) or None.

    Scores are float32 also under mixed precision, whose steps are too coarse for probabilities near 1.
    """

    token: Tensor
    logits: Tensor
    quality: Tensor | None


class Model(System):
    """ViViT, a multi-branch classifier, and a quality score that tunes the classifier."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = clip_input(settings.input)
        self.encoder = ViViT(settings)
        self.classify = MultiBranch(
            settings.dim,
            settings.num_classes,
            num_branches=settings.mc_branches,
            dropout=settings.mc_dropout,
        )
        self.score = None if settings.vqa == "none" else _QualityScore(settings)
        self.subject_loss = SubjectLoss(
            settings.num_subjects, settings.num_classes, reading=settings.subject, total=settings.subject_total
        )

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return Eq. 6: focal + `w_ctr` contrastive, + `w_sub` subject where `subject_every` says.

        The part `subject` is the loss of the clips seen so far this epoch, also where it is not added.
        """
        settings, label = self.settings, batch["label"]
        output = self._run(batch["clip"])
        focal = focal_loss(output.logits, label, gamma=settings.focal_gamma, alpha=settings.focal_alpha)
        total, parts = focal, {"focal": focal.detach()}
        if settings.w_ctr:
            contrastive = self._contrast(output, batch["clip"], label)
            total, parts["contrastive"] = total + settings.w_ctr * contrastive, contrastive.detach()
        if settings.w_sub:
            subject = self._subject(output, batch, step)
            parts["subject"] = subject.detach()
            if step.is_last or settings.subject_every == "batch":
                total = total + settings.w_sub * subject
        return {"loss": total, **parts}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `label` probabilities (B, C) and, unless `vqa` is none, the score `quality` (B,).

        The score is learned from class labels alone. Nothing makes a higher score a better picture; compare it with
        a measure of damage before you read it as quality.
        """
        output = self._run(batch["clip"])
        scores = {"label": output.logits.softmax(dim=1)}
        return scores if output.quality is None else {**scores, "quality": output.quality}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the class token (B, d)."""
        tokens: Tensor = self.encoder(self.normalize(clip_BCTHW))
        return tokens[:, 0]

    def _run(self, clip_BCTHW: Tensor) -> _Output:
        raw = self.encoder.unnormalized(self.normalize(clip_BCTHW))
        tokens = self.encoder.normalized(raw)
        token, sequences = tokens[:, 0], tokens[:, 1:]
        logits = self.classify(token).float()
        if self.score is None:
            return _Output(token, logits, None)
        quality = self.score(sequences, raw[:, 1:]).float()
        return _Output(token, tune_cls(logits, quality, tune=self.settings.tune), quality)

    def _contrast(self, output: _Output, clip_BCTHW: Tensor, label: Tensor) -> Tensor:
        """Compare each clip with another of the batch, drawn anew (Eq. 8)."""
        partner = derangement(len(label), device=label.device)
        here = self._representation(output)
        there = here[partner]
        if self.settings.second_pass:
            there = self._representation(self._run(clip_BCTHW[partner]))
        distance = torch.linalg.vector_norm(here - there, dim=1)
        return hadsell_loss(distance, label == label[partner], margin=self.settings.ctr_margin)

    def _representation(self, output: _Output) -> Tensor:
        if self.settings.ctr_rep == "prob":
            return output.logits.softmax(dim=1)
        return functional.normalize(output.token, dim=1)

    def _subject(self, output: _Output, batch: dict[str, Tensor], step: BatchStep) -> Tensor:
        if step.index == 0:
            self.subject_loss.reset()
        probability = output.logits.softmax(dim=1)
        loss: Tensor = self.subject_loss(probability, batch["label"], subject=batch["subject"], gather=step.gather)
        return loss


class _QualityScore(nn.Module):
    """Regress the quality of a clip from its sequences; what `vqa` leaves out becomes a mean or one layer."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.sees_features = settings.vsr_in == "feat"
        self.sequence = None if settings.vqa == "vsr" else SequenceScore(settings.dim)
        self.video: nn.Linear | VideoScore
        if settings.vqa == "ssr":
            self.video = nn.Linear(settings.num_steps, 1)
        else:
            channels = settings.dim if self.sees_features else 1
            self.video = VideoScore(settings.num_steps, num_channels=channels, kernel=settings.vsr_kernel)

    def forward(self, sequences_BnD: Tensor, raw_BnD: Tensor) -> Tensor:
        """Return quality (B,) of sequences after the last layer norm and, `raw`, before it.

        VSR alone averages each sequence over d (section 4.6.2). After a layer norm that average is 0 for every
        clip, so it is taken before.
        """
        scores = raw_BnD.mean(dim=-1) if self.sequence is None else self.sequence(sequences_BnD)
        if isinstance(self.video, nn.Linear):
            quality: Tensor = self.video(scores)[:, 0]
        else:
            quality = self.video(scores, sequences_BnD.mT if self.sees_features else scores[:, None])
        return quality
