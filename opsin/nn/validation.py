"""Checks of a layer's arguments when it is described, so that a wrong network never reaches training."""

from collections.abc import Callable
from typing import cast

import numpy as np

from opsin.core import NetworkError

from .layer import Layer, short_repr

MOST = 2**31 - 1
"""The largest size, count or amount that a layer takes."""


def as_int(layer: Layer, field: str, minimum: int = 1) -> None:
    """The field must be a whole number of at least `minimum`; numpy's become Python's."""
    count = as_count(getattr(layer, field), minimum)
    if count is None:
        raise layer.fail(
            f"takes a whole number of at least {minimum}{_below(layer, field)} for {field}, "
            f"got {short_repr(getattr(layer, field))}"
        )
    object.__setattr__(layer, field, count)


def as_ints(layer: Layer, field: str, rank: int, minimum: int = 1) -> None:
    """The field must be one whole number or one per axis; it becomes a tuple with one per axis."""
    value: object = getattr(layer, field)
    items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else [value] * rank
    counts = [as_count(item, minimum) for item in items]
    if len(counts) != rank or None in counts:
        raise layer.fail(
            f"takes a whole number of at least {minimum}{_below(layer, field)}, or {rank} of them, for {field}, "
            f"got {short_repr(value)}"
        )
    object.__setattr__(layer, field, tuple(counts))


def check_choice(layer: Layer, field: str, choices: tuple[object, ...]) -> None:
    """The field must be one of `choices`."""
    value = getattr(layer, field)
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return
    expected = ", ".join(repr(choice) for choice in choices)
    raise layer.fail(f"takes one of {expected} for {field}, got {short_repr(value)}")


def as_bool(layer: Layer, field: str) -> None:
    """The field must be True or False; numpy's become Python's."""
    if isinstance(value := getattr(layer, field), np.bool_):
        object.__setattr__(layer, field, bool(value))
    check_choice(layer, field, (True, False))


def as_float(layer: Layer, field: str, low: float, high: float) -> None:
    """The field must be a number from `low` to `high`, both allowed; it becomes a float."""
    value = getattr(layer, field)
    kinds = int | float | np.integer | np.floating
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise layer.fail(f"takes a number from {low:g} to {high:g} for {field}, got {short_repr(value)}")
    object.__setattr__(layer, field, float(value))


def as_layers(layer: Layer, value: object, field: str = "layers") -> tuple[Layer, ...]:
    """The value as a tuple of layers, which it must be a list of."""
    if isinstance(value, list | tuple):
        return only_layers(cast("list[object]", value), layer.fail, field)
    raise layer.fail(f"takes a list of layers for {field}, got {short_repr(value)}")


def only_layers(items: "list[object]", fail: Callable[[str], NetworkError], field: str = "layers") -> tuple[Layer, ...]:
    """The items, which must all be layers; an error of `fail` that says what the first other one is, and the mend."""
    for item in items:
        if not isinstance(item, Layer):
            mend = "describe it with layers of opsin.nn"
            if isinstance(item, type) and issubclass(item, Layer):
                mend = f"write {item.__name__}(...) with its arguments"
            elif isinstance(item, list | tuple):
                mend = "put a Stage around them, or a * before them"
            elif isinstance(getattr(item, "layers", None), tuple):
                mend = "put its layers into a Stage"
            raise fail(f"takes a list of layers for {field}, got {short_repr(item)} in it: {mend}")
    return tuple(cast("list[Layer]", items))


def as_count(value: object, minimum: int) -> int | None:
    """The whole number that the value is, or None when it is none from `minimum` to MOST."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not minimum <= value <= MOST:
        return None
    return int(value)


def _below(layer: Layer, field: str) -> str:
    value: object = getattr(layer, field)
    items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else [value]
    huge = any(isinstance(item, int | np.integer) and item > MOST for item in items)
    return f" and at most {MOST}" if huge else ""
