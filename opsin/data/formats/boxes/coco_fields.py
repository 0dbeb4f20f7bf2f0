"""Values in COCO JSON as tools write them: ids, numbers, boxes and segmentations; invalid ones raise DataError."""

import json
import math
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, cast

import numpy as np

from opsin.core import DataError

Id = int | str
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*")
"""Names in the text of an array: array(...), np.float64(...), dtype=float32."""
_BOX_KEYS = (("x", "y", "width", "height"), ("x", "y", "w", "h"), ("left", "top", "width", "height"))
_CORNER_KEYS = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("left", "top", "right", "bottom"))
_POINT_KEYS = (("x", "y"), ("all_points_x", "all_points_y"), ("X", "Y"))
_MOST_NESTED = 5


def id_of(value: Any) -> Id | None:
    """Returns an id: an integer (also 3.0), or text without spaces around; None for anything else."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str):
        return value.strip() or None
    return None


class Ids:
    """Finds entries by their id, as number or text on either side, or else by their name.

    Of these ways, the one that finds most of the ids in use takes precedence.

    Args:
        names: Name by id.
        used: The ids that other parts of the file use.

    Examples:
        >>> ids = Ids({1: "a/cat.jpg", "007": "dog.jpg"})
        >>> ids.find("1"), ids.find(7), ids.find("dog"), ids.find(2)
        (1, '007', '007', None)
    """

    def __init__(self, names: Mapping[Id, str], used: Iterable[Any] = ()) -> None:
        ways: list[tuple[Callable[[Id], Hashable], dict[Hashable, Id]]] = [
            (_same, {id: id for id in names}),
            (number_of_id, _unique((number_of_id(id), id) for id in names)),
            *((str, _unique((form(name), id) for id, name in names.items())) for form in (str, _last_part, _stem)),
        ]
        values = {id for value in used if (id := id_of(value)) is not None}
        self._ways = sorted(ways, key=lambda way: -sum(way[0](value) in way[1] for value in values))

    def find(self, value: Any) -> Id | None:
        """Returns the listed id; None when there is none, or several fit.

        Args:
            value: Id or name as another part of the file writes it.
        """
        id = id_of(value)
        return None if id is None else next((ids[key] for form, ids in self._ways if (key := form(id)) in ids), None)


def number_of_id(id: Id) -> int | None:
    """Returns the number that an id stands for, None for other text."""
    return id if isinstance(id, int) else int(id) if id.isascii() and id.isdigit() and len(id) < 19 else None


def _same(id: Id) -> Id:
    return id


def _unique(pairs: Iterable[tuple[Hashable, Id]]) -> dict[Hashable, Id]:
    """Returns a mapping without the keys of several ids."""
    found: dict[Hashable, Id] = {}
    repeated: set[Hashable] = set()
    for key, id in pairs:
        if key is not None and found.setdefault(key, id) != id:
            repeated.add(key)
    return {key: id for key, id in found.items() if key not in repeated}


def _last_part(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _stem(name: str) -> str:
    return _last_part(name).rpartition(".")[0]


def number_of(value: Any) -> float | None:
    """Returns a finite number, also from text; None for anything else."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, str):
        value = value.strip()
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def numbers_of(value: Any) -> list[float] | None:
    """Returns the numbers of a list, or of the text of a list or array; None for anything else."""
    if isinstance(value, str):
        text = _WORD.sub("", value)
        rest = _NUMBER.sub("", text)
        return None if rest.strip("[](),;= \t\r\n") else [float(found) for found in _NUMBER.findall(text)]
    if not isinstance(value, list):
        return None
    entries = cast("list[Any]", value)
    if len(entries) == 1 and isinstance(entries[0], (list, str)):
        return numbers_of(entries[0])
    numbers = [number_of(entry) for entry in entries]
    return None if None in numbers else cast("list[float]", numbers)


def box_of(value: Any) -> list[float] | None:
    """Returns x, y, width and height from a list, text or mapping; None without a box.

    Args:
        value: The field bbox.

    Raises:
        DataError: It is something else.
    """
    if value is None or value == [] or value == "":
        return None
    sides: list[float] | None = None
    if isinstance(value, Mapping):
        part = cast("Mapping[str, Any]", value)
        for keys in (*_CORNER_KEYS, *_BOX_KEYS):
            if all(key in part for key in keys):
                found = [number_of(part[key]) for key in keys]
                if None not in found:
                    x, y, third, fourth = cast("list[float]", found)
                    sides = [x, y, third - x, fourth - y] if keys in _CORNER_KEYS else [x, y, third, fourth]
                break
    else:
        sides = numbers_of(value)
    if sides is None or len(sides) != 4 or not all(map(math.isfinite, sides)):
        raise DataError(f"has the bbox {str(cast(object, value))[:40]}. Expected x, y, width and height.")
    return sides


def is_true(value: Any) -> bool:
    """Returns True for 1 and true, also as text."""
    return value is True or number_of(value) == 1 or (isinstance(value, str) and value.strip().lower() == "true")


def run_lengths_of(value: Any) -> Mapping[str, Any] | None:
    """Returns the run lengths of a segmentation, also as the only entry of a list; None for other segmentations."""
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        value = value[0]
    return cast("dict[str, Any]", value) if isinstance(value, dict) and "counts" in value else None


def polygons_of(value: Any) -> list[np.ndarray]:
    """Returns the polygons of a segmentation: nested or flat lists of x, y, x, y, ..., lists of points, or text.

    Args:
        value: The field segmentation, without run lengths.

    Returns:
        Corners (m, 2) of each polygon of at least three corners.

    Raises:
        DataError: It is something else.

    Examples:
        >>> [len(points) for points in polygons_of([[1, 1, 9, 1, 9, 9], [[2, 2], [3, 2], [3, 3], [2, 3]]])]
        [3, 4]
    """
    return [points for points in _polygons(value, 0) if len(points) >= 3]


def _polygons(value: Any, depth: int) -> list[np.ndarray]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = numbers_of(value)
    if not value:
        return []
    if isinstance(value, Mapping):
        keys = next((keys for keys in _POINT_KEYS if all(key in value for key in keys)), None)
        columns = [numbers_of(value[key]) for key in keys] if keys else []
        if len(columns) == 2 and columns[0] and columns[1] and len(columns[0]) == len(columns[1]):
            return [np.array(columns, np.float64).T]
    elif isinstance(value, list) and depth < _MOST_NESTED:
        entries = cast("list[Any]", value)
        flat = _flat(entries)
        if flat is not None:
            if len(flat) % 2 == 0:
                return [flat.reshape(-1, 2)]
        elif None not in (points := [_point(entry) for entry in entries]):
            return [np.array(points, np.float64)]
        else:
            return [points for entry in entries for points in _polygons(entry, depth + 1)]
    raise DataError(f"has the segmentation {str(cast(object, value))[:40]}. Expected pairs of x and y.")


def _flat(entries: list[Any]) -> np.ndarray | None:
    """Returns a list of numbers, also as text, as an array; None for any other list."""
    kinds = set(map(type, entries))
    if list in kinds or dict in kinds:
        return None
    numbers = entries if kinds <= {int, float} else [number_of(entry) for entry in entries]
    if None in numbers:
        return None
    try:
        flat = np.array(numbers, np.float64)
    except OverflowError:
        return None
    return flat if np.isfinite(flat).all() else None


def _point(value: Any) -> list[float] | None:
    """Returns x and y of [x, y] or {"x": x, "y": y}; None for anything else."""
    if isinstance(value, Mapping):
        part = cast("Mapping[str, Any]", value)
        value = next(([part[key] for key in keys] for keys in _POINT_KEYS if all(key in part for key in keys)), None)
    numbers = numbers_of(value) if isinstance(value, list) and len(cast("list[Any]", value)) == 2 else None
    return numbers if numbers is not None and len(numbers) == 2 else None
