"""Checks of a layer's arguments when it is described, so that a wrong network never reaches training."""

from typing import cast

from .layer import Layer


def settle_count(layer: Layer, field: str, minimum: int = 1) -> None:
    """The field must be a whole number of at least `minimum`."""
    value = getattr(layer, field)
    if not _is_count(value, minimum):
        raise layer.fail(f"takes a whole number of at least {minimum} for {field}, got {value!r}")


def settle_counts(layer: Layer, field: str, rank: int, minimum: int = 1) -> None:
    """The field must be one whole number or one per axis; it becomes a tuple with one per axis."""
    value: object = getattr(layer, field)
    if _is_count(value, minimum):
        object.__setattr__(layer, field, (value,) * rank)
        return
    if isinstance(value, list | tuple):
        items = tuple(cast("list[object]", value))
        if len(items) == rank and all(_is_count(item, minimum) for item in items):
            object.__setattr__(layer, field, items)
            return
    raise layer.fail(f"takes a whole number of at least {minimum}, or {rank} of them, for {field}, got {value!r}")


def settle_choice(layer: Layer, field: str, choices: tuple[object, ...]) -> None:
    """The field must be one of `choices`."""
    value = getattr(layer, field)
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        expected = ", ".join(repr(choice) for choice in choices)
        raise layer.fail(f"takes one of {expected} for {field}, got {value!r}")


def settle_flag(layer: Layer, field: str) -> None:
    """The field must be True or False."""
    settle_choice(layer, field, (True, False))


def settle_number(layer: Layer, field: str, low: float, high: float) -> None:
    """The field must be a number from `low` to `high`, both allowed; it becomes a float."""
    value = getattr(layer, field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise layer.fail(f"takes a number from {low:g} to {high:g} for {field}, got {value!r}")
    object.__setattr__(layer, field, float(value))


def settle_layers(layer: Layer, value: object, field: str = "layers") -> tuple[Layer, ...]:
    """The value as a tuple of layers, which it must be a list of."""
    if isinstance(value, list | tuple):
        items = tuple(cast("list[object]", value))
        if all(isinstance(item, Layer) for item in items):
            return cast("tuple[Layer, ...]", items)
    raise layer.fail(f"takes a list of layers for {field}, got {value!r}")


def _is_count(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value < 2**31
