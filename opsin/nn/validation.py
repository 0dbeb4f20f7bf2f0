"""Validation of layer arguments at construction."""

from collections.abc import Callable
from typing import cast

import numpy as np

from opsin.core import NetworkError

from .layer import Layer, short_repr

MAX_INT = 2**31 - 1
"""Largest integer argument of a layer."""


def as_int(layer: Layer, field: str, minimum: int = 1) -> None:
    """Checks that a field is an integer, and converts NumPy integers to int.

    Args:
        layer: The layer, whose field is converted in place.
        field: Name of the field.
        minimum: Smallest valid value.

    Raises:
        NetworkError: The value is not an integer from `minimum` to `MAX_INT`.
    """
    count = as_count(getattr(layer, field), minimum)
    if count is None:
        raise layer.fail(
            f"got {field}={short_repr(getattr(layer, field))}. "
            f"Expected an integer of at least {minimum}{_upper_bound(layer, field)}."
        )
    object.__setattr__(layer, field, count)


def as_ints(layer: Layer, field: str, rank: int, minimum: int = 1) -> None:
    """Checks that a field is one integer or one per axis, and converts it to a tuple with one per axis.

    Args:
        layer: The layer, whose field is converted in place.
        field: Name of the field.
        rank: Number of axes.
        minimum: Smallest valid value.

    Raises:
        NetworkError: The value is of another type, length or range.
    """
    value: object = getattr(layer, field)
    items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else [value] * rank
    counts = [as_count(item, minimum) for item in items]
    if len(counts) != rank or None in counts:
        raise layer.fail(
            f"got {field}={short_repr(value)}. "
            f"Expected an integer of at least {minimum}{_upper_bound(layer, field)}, or a tuple of {rank}."
        )
    object.__setattr__(layer, field, tuple(counts))


def check_choice(layer: Layer, field: str, choices: tuple[object, ...]) -> None:
    """Checks that a field has one of the given values.

    Args:
        layer: The layer.
        field: Name of the field.
        choices: Valid values; the type must match too.

    Raises:
        NetworkError: The value is not among the choices.
    """
    value = getattr(layer, field)
    for choice in choices:
        if type(value) is type(choice) and value == choice:
            return
    expected = ", ".join(repr(choice) for choice in choices)
    raise layer.fail(f"got {field}={short_repr(value)}. Expected one of {expected}.")


def as_bool(layer: Layer, field: str) -> None:
    """Checks that a field is True or False, and converts NumPy booleans to bool.

    Args:
        layer: The layer, whose field is converted in place.
        field: Name of the field.

    Raises:
        NetworkError: The value is not a boolean.
    """
    if isinstance(value := getattr(layer, field), np.bool_):
        object.__setattr__(layer, field, bool(value))
    check_choice(layer, field, (True, False))


def as_float(layer: Layer, field: str, low: float, high: float) -> None:
    """Checks that a field is a number in a closed interval, and converts it to float.

    Args:
        layer: The layer, whose field is converted in place.
        field: Name of the field.
        low: Smallest valid value.
        high: Largest valid value.

    Raises:
        NetworkError: The value is not a number from `low` to `high`.
    """
    value = getattr(layer, field)
    kinds = int | float | np.integer | np.floating
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        raise layer.fail(f"got {field}={short_repr(value)}. Expected a number from {low:g} to {high:g}.")
    object.__setattr__(layer, field, float(value))


def as_layers(layer: Layer, value: object, field: str = "layers") -> tuple[Layer, ...]:
    """Checks that a value is a list of layers.

    Args:
        layer: The layer that holds the list, for the message.
        value: The value of the field.
        field: Name of the field.

    Returns:
        The layers as a tuple.

    Raises:
        NetworkError: The value is not a list, or an item is not a layer.
    """
    if isinstance(value, list | tuple):
        return only_layers(cast("list[object]", value), layer.fail, field)
    raise layer.fail(f"got {field}={short_repr(value)}. Expected a list of layers.")


def only_layers(items: "list[object]", fail: Callable[[str], NetworkError], field: str = "layers") -> tuple[Layer, ...]:
    """Checks that all items are layers.

    Args:
        items: The items of a list.
        fail: Creates the error from the text of the problem.
        field: Name of the field, for the message.

    Returns:
        The layers as a tuple.

    Raises:
        NetworkError: An item is not a layer.
    """
    for item in items:
        if not isinstance(item, Layer):
            fix = "use layers of opsin.nn"
            if isinstance(item, type) and issubclass(item, Layer):
                fix = f"create an instance, {item.__name__}(...)"
            elif isinstance(item, list | tuple):
                fix = "wrap the list in a Stage, or unpack it with *"
            elif isinstance(getattr(item, "layers", None), tuple):
                fix = "wrap its layers in a Stage"
            raise fail(f"got {short_repr(item)} in {field}. Expected only layers. Fix: {fix}.")
    return tuple(cast("list[Layer]", items))


def as_count(value: object, minimum: int) -> int | None:
    """Converts a value to an integer.

    Args:
        value: Any value.
        minimum: Smallest valid value.

    Returns:
        The integer, or None if the value is not an integer from `minimum` to `MAX_INT`.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not minimum <= value <= MAX_INT:
        return None
    return int(value)


def _upper_bound(layer: Layer, field: str) -> str:
    value: object = getattr(layer, field)
    items = cast("list[object]", list(value)) if isinstance(value, list | tuple) else [value]
    huge = any(isinstance(item, int | np.integer) and item > MAX_INT for item in items)
    return f" and at most {MAX_INT}" if huge else ""
