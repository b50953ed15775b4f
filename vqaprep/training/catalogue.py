"""The systems that can be trained, as help lists them: their names and recipes, without loading torch."""

from collections.abc import Callable

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


def by_system(name: str) -> Callable[[], str]:
    """Return what says, where help is asked for, between which values a setting lies by default."""

    def words() -> str:
        recipes = [models.about(system)[1] for system in system_names()]
        values = [recipe[name] for recipe in recipes if name in recipe]
        numbers = sorted(value for value in values if isinstance(value, int | float))
        if numbers and len(values) < len(recipes):
            numbers.insert(0, 0)
        fields = (
            f"{numbers[0]:g} to {numbers[-1]:g}" if numbers else " or ".join(sorted({str(value) for value in values}))
        )
        return f"{fields}, see the systems below"

    return words


def _numbers(recipe: dict[str, object]) -> str:
    fields = ("epochs", "batch", "optimizer", "lr", "weight_decay", "schedule", "warmup_epochs")
    return ", ".join(f"{name.replace('_', '-')} {recipe[name]}" for name in fields if name in recipe)
