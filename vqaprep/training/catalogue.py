"""The systems that can be trained, as help lists them: their names and recipes, without loading torch."""

from vqaprep import models


def system_names() -> list[str]:
    """Return the names of all systems, sorted."""
    return list(models.names())


def system_notes() -> list[str]:
    """Return a paragraph of help on each system: what it learns, and the numbers it is trained with by default."""
    lines = ["Systems, and what they are trained with where no option says otherwise:"]
    for name in system_names():
        summary, recipe = models.about(name)
        lines.append(f"{name}: {summary} {_numbers(recipe)}.")
    return lines


def _numbers(recipe: dict[str, object]) -> str:
    shown = ("epochs", "batch", "optimizer", "lr", "weight_decay", "schedule", "warmup_epochs")
    return ", ".join(f"{name.replace('_', '-')} {recipe[name]}" for name in shown if name in recipe)
