"""The one door to `models`: find a system, build it with its settings, and settle its recipe."""

import dataclasses
import typing
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from vqaprep import models
from vqaprep.errors import InputError, unknown_name
from vqaprep.models._contract import Contract, System
from vqaprep.models._recipe import Recipe
from vqaprep.models._step import BatchStep
from vqaprep.models.encoders.published import to_our_names, unwrapped
from vqaprep.settings.refusals import option_of
from vqaprep.training.settings import TrainSettings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "BatchStep",
    "Contract",
    "Recipe",
    "System",
    "build",
    "contract_of",
    "encoder_names",
    "load_module",
    "model_settings",
    "recipe_of",
    "restore_settings",
    "system_names",
    "to_our_names",
    "unwrapped",
]
T = TypeVar("T", bound="DataclassInstance")
_OPTIONS = TrainSettings.model_fields.keys() - {"system", "set"}


def system_names() -> list[str]:
    """Return the names of all systems."""
    return list(models.names())


def load_module(system: str) -> ModuleType:
    """Import a system's file.

    Raises:
        InputError: no such system; names the nearest one.
    """
    if system not in models.names():
        raise unknown_name("system", system, models.names())
    return models.load(system)


def model_settings(system: str, preset: str, overrides: Sequence[str] = (), **sizes: Any) -> Any:
    """Return the system's settings: its preset, then what the data decide (`sizes`), then `NAME=VALUE` words.

    Raises:
        InputError: the system has no such preset or setting, or the setting does not take this value.
    """
    presets = load_module(system).PRESETS
    if preset not in presets:
        raise unknown_name(f"preset of {system}", preset, presets)
    chosen = presets[preset]
    fields = {field.name: field for field in dataclasses.fields(chosen)}
    changes = {name: value for name, value in sizes.items() if name in fields}
    hints = typing.get_type_hints(type(chosen))
    for word in overrides:
        name, equals, text = word.partition("=")
        if name in _OPTIONS and name not in fields:
            raise InputError(
                f"--set {word}: {name} is an option of `train`, no setting of {system}; give {_as_option(word)}"
            )
        if name not in fields:
            raise unknown_name(f"setting of {system}", name, fields)
        if not equals:
            raise InputError(f"--set {word!r}: write NAME=VALUE, such as {name}={getattr(chosen, name)}")
        changes[name] = _parsed(text, hints[name], getattr(chosen, name), word)
    try:
        return dataclasses.replace(chosen, **changes)
    except ValueError as error:
        raise InputError(f"settings of {system}: {error}") from error


def contract_of(system: str) -> Contract:
    """Return what a system states about itself.

    Raises:
        InputError: no such system, or its file states nothing.
    """
    contract = vars(load_module(system)).get("CONTRACT")
    if not isinstance(contract, Contract):
        raise InputError(f"the file of {system} must define CONTRACT = Contract(...); docs/extending.md shows one")
    return contract


def encoder_names() -> frozenset[str]:
    """Return the names that any system gives to a part that may start from other weights."""
    return frozenset(name for system in models.names() for name in contract_of(system).encoders)


def build(system: str, settings: Any) -> System:
    """Return the system's network with fresh weights (from torch's generator).

    Raises:
        InputError: no such system, or its network is no `System`.
    """
    model = load_module(system).Model(settings)
    if not isinstance(model, System):
        raise InputError(f"the Model of {system} must derive from vqaprep.models._contract.System")
    return model


def recipe_of(settings: TrainSettings) -> Recipe:
    """Return the system's recipe with what the user set; milestones keep their share of the epochs."""
    base: Recipe = load_module(settings.system).RECIPE
    epochs = settings.epochs or base.epochs
    # Milestones and step sizes are shares of the training: half the epochs reach them at half the time.
    shrink = epochs / base.epochs
    changes: dict[str, Any] = {"epochs": epochs, "milestones": tuple(round(m * shrink) for m in base.milestones)}
    for name in ("optimizer", "lr", "batch", "weight_decay", "schedule", "warmup_epochs"):
        if getattr(settings, name) is not None:
            changes[name] = getattr(settings, name)
    if settings.warmup_epochs is None:
        # A longer training needs no longer warm-up.
        changes["warmup_epochs"] = base.warmup_epochs * min(1.0, shrink)
    if base.step_size_epochs is not None:
        changes["step_size_epochs"] = base.step_size_epochs * shrink
    try:
        return dataclasses.replace(base, **changes)
    except ValueError as error:
        raise InputError(f"recipe of {settings.system}: {error}") from error


def restore_settings(kind: type[T], values: dict[str, Any]) -> T:
    """Build a settings dataclass from its JSON form, in which tuples are lists.

    Raises:
        InputError: another version of the program wrote it, with fields that this one does not have.
        ValueError: a value is of the wrong type.
    """
    from pydantic import TypeAdapter

    unknown = sorted(values.keys() - {field.name for field in dataclasses.fields(kind)})
    if unknown:
        raise InputError(f"it has {', '.join(unknown)}, which this version of vqaprep does not know")
    return TypeAdapter(kind).validate_python(values)


def _as_option(word: str) -> str:
    name, _, value = word.partition("=")
    return f"{option_of(name)} {value}".rstrip()


def _parsed(text: str, hint: Any, current: Any, word: str) -> Any:
    """Read `text` as the type of the setting it is for."""
    from pydantic import TypeAdapter, ValidationError

    if isinstance(current, tuple):
        text = text if text.startswith("[") else f"[{text}]"
    try:
        adapter = TypeAdapter(hint)
        return adapter.validate_json(text) if isinstance(current, tuple) else adapter.validate_strings(text)
    except ValidationError as error:
        raise InputError(f"--set {word!r}: {error.errors()[0]['msg']}") from error
