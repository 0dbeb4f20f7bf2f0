"""Checks of the fields of tasks, which may come from an untrusted model file."""

import sys
from collections.abc import Sequence

from opsin.core import DataError


def check_names(names: Sequence[object], least: int, kind: str) -> None:
    """Raises DataError unless names are a tuple of different texts, at least `least`; `kind` is used in messages."""
    if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
        raise DataError(f"the {kind} are {names!r}. Expected a tuple of text.")
    if len(names) < least:
        raise DataError(f"{len(names)} {kind} are given: {names}. Expected at least {least}.")
    if len(set(names)) != len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{repeated!r} occurs twice in the {kind}. Expected each name once.")


def check_temperature(temperature: float) -> None:
    """Raises DataError unless it is a finite number above 0."""
    if not (_is_number(temperature) and temperature > 0):
        raise DataError(f"the temperature is {temperature!r}. Expected a number above 0.")


def check_scale(count: int, mean: Sequence[float], spread: Sequence[float]) -> None:
    """Raises DataError unless there is one finite mean and one spread above 0 for each of `count` numbers."""
    numbers = all(_is_number(value) for value in (*mean, *spread))
    if not (numbers and len(mean) == len(spread) == count and min(spread) > 0):
        raise DataError(
            f"{count} numbers have mean {mean} and spread {spread}. Expected one of each, with spreads above 0."
        )


def check_thresholds(thresholds: Sequence[float], count: int) -> None:
    """Raises DataError unless there are `count` finite numbers from 0 to 1."""
    numbers = isinstance(thresholds, tuple) and all(_is_number(value) and 0 <= value <= 1 for value in thresholds)
    if not (numbers and len(thresholds) == count):
        raise DataError(f"the thresholds are {thresholds!r}. Expected {count} numbers from 0 to 1, one per class.")


def check_stride(stride: object) -> None:
    """Raises DataError unless it is a power of two from 1 to 64."""
    if type(stride) is not int or stride not in (1, 2, 4, 8, 16, 32, 64):
        raise DataError(f"the stride of the grid is {stride!r}. Expected a power of two from 1 to 64.")


def no_class_weights(task: str) -> DataError:
    """Returns the error for class weights where targets are not one class per image."""
    return DataError(f"--class-weights needs one class per image, but the task is {task!r}. Fix: leave it out.")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= sys.float_info.max  # whole numbers may be larger
