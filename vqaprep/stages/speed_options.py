"""The options of `speed`: which labels clips get, how many frames they have, and where they are."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from vqaprep.errors import did_you_mean
from vqaprep.settings.written import DefaultOf, OneOf
from vqaprep.speeds import tasks
from vqaprep.speeds.labels import Order
from vqaprep.stages import Stage

UNDRAWN = ("none", "window")
"""The tasks that draw no speeds."""


class SpeedOptions(Stage):
    """The settings of `speed`; the stage itself decides by them."""

    task: Annotated[
        str,
        Field(
            description="speed labels of the clips: none plays at normal speed; window stores a long window, and "
            "training draws speeds in each epoch; the others draw speeds now"
        ),
        OneOf(lambda: [*UNDRAWN, *tasks.names()]),
    ] = "none"
    num_frames: Annotated[int, Field(ge=2, description="frames per clip, as the network takes them")] = 16
    interval: Annotated[
        int,
        Field(
            ge=1,
            description="source frames from one clip frame to the next at speed 1; raise it for longer stretches "
            "of time",
        ),
    ] = 1
    spread: Annotated[
        bool, Field(description="task none: set the interval of each video so that the clips reach over all of it")
    ] = False
    pool: Annotated[
        int,
        Field(ge=1, le=8, description="number of playback speeds 1, 2, ..., N; more are harder to classify"),
    ] = 3
    # No default in itself: a task that draws says its own, and a task that draws nothing refuses any.
    order: Annotated[
        Order | None,
        Field(
            description="what is drawn first, which decides the shares of the classes: location or class (fine, "
            "pattern), pattern or flat (coarse)"
        ),
        DefaultOf(lambda: "location (fine, pattern), pattern (coarse)"),
    ] = None
    change_jitter: Annotated[
        int, Field(ge=0, description="task coarse: frames that the change may move off the middle")
    ] = 0
    clips: Annotated[
        int | None,
        Field(ge=1, description="most clips per video; set it where long videos would outweigh short ones"),
        DefaultOf(lambda: "as many as fit side by side"),
    ] = None
    places: Annotated[
        Literal["side", "middle", "random"],
        Field(
            description="task none: clips side by side; or one in the middle of, or anywhere in, each of --clips "
            "equal parts (SampleFrames of MMAction2: VQA papers test with middle and train with "
            "random)"
        ),
    ] = "side"
    overlap: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            description="task none: share of frames that neighbouring clips have in common; more clips of short videos",
        ),
    ] = 0.0
    pairs: Annotated[
        bool, Field(description="add to each clip a key clip of the same video, as contrastive systems need")
    ] = False
    start: Annotated[
        Literal["feasible", "anywhere"],
        Field(
            description="where clips may start: feasible, where they end in the video; anywhere, and they restart at 0"
        ),
    ] = "feasible"
    short: Annotated[
        Literal["drop", "restart"],
        Field(description="what to do with a video too short for any clip: drop it, or restart it, at speed 1"),
    ] = "drop"
    look: Annotated[
        bool,
        Field(
            description="decode each video first to find cuts and damage; --no-look reads packets alone and is faster"
        ),
    ] = True
    # A still picture shows no speed: nothing could be learnt from its label.
    min_motion: Annotated[
        float,
        Field(ge=0, description="least mean change of luma per frame (0-255) of a speed clip; 0 keeps still ones"),
    ] = 0.3
    # A repeated frame is a step of 0 in a clip whose label says that the speed is constant.
    max_still: Annotated[
        float, Field(ge=0, le=1, description="largest share of repeated frames in a speed clip; raise it for animation")
    ] = 0.2

    @field_validator("task")
    @classmethod
    def _has_known_task(cls, task: str) -> str:
        if task not in (task_names := (*UNDRAWN, *tasks.names())):
            words = f"give one of {', '.join(map(repr, task_names))}.{did_you_mean(task, task_names)}"
            raise ValueError(words.rstrip("."))
        return task
