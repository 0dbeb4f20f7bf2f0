"""Files that name the classes of masks: classes.txt, classes.json, label maps with colours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from opsin.core import DataError

FILES = frozenset(
    f"{stem}{ending}"
    for stem in ("classes", "class_names", "labels", "label_names", "labelmap", "label_map", "label_colors", "codes")
    for ending in (".txt", ".json")
) | {"class_dict.csv", "_classes.csv", "obj_class_to_machine_color.json"}
MOST_BYTES = 1 << 20
_HEADS = ("name", "class", "label", "id", "index", "pixel")


@dataclass(frozen=True)
class ClassNames:
    """The classes that a file lists.

    Attributes:
        names: Name by class id.
        has_ids: True when the file states the ids, False when they are line numbers.
        colours: Class id by colour (65,536 red + 256 green + blue), empty without colours.
        source: Name of the file in messages.
    """

    names: dict[int, str]
    has_ids: bool
    colours: dict[int, int] = field(default_factory=dict[int, int])
    source: str = "classes.txt"


def read_class_names(path: Path, source: str) -> ClassNames:
    """Reads a file of class names.

    Text has one class per line: "name", "id name", "name r g b" or "id name r g b", separated by spaces, tabs, commas
    or colons. JSON is a list of names or of {"id", "name", "color"}, {"0": name}, {name: 0} or {name: [r, g, b]}.

    Args:
        path: The file.
        source: Its name in errors.

    Returns:
        The classes.

    Raises:
        DataError: The file is not in one of these forms.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{source} is larger than {MOST_BYTES:,} bytes. Expected a list of class names.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}.") from error
    except UnicodeDecodeError:
        raise DataError(f"{source} is not UTF-8 text. Expected a list of class names.") from None
    if path.suffix.lower() != ".json":
        return _from_entries([_line(line, source) for line in _lines(text)], source)
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise DataError(f"{source} is not valid JSON. Expected a list of class names.") from None
    return class_names_of(value, source)


def class_names_of(content: Any, source: str) -> ClassNames:
    """Parses a list or mapping from JSON or YAML.

    Args:
        content: The parsed value, in one of the forms of `read_class_names`.
        source: Name of the file in errors.

    Returns:
        The classes.

    Raises:
        DataError: The value is not in one of these forms.
    """
    entries: list[tuple[int | None, str, int | None]] = []
    if isinstance(content, list):
        for entry in cast("list[Any]", content):
            if isinstance(entry, Mapping):
                part = cast("Mapping[str, Any]", entry)
                colour = part.get("color", part.get("colour"))
                entries.append((_id(part.get("id")), str(part.get("name", "")), _colour(colour, source)))
            else:
                entries.append((None, str(entry), None))
    elif isinstance(content, Mapping):
        for key, value in cast("Mapping[Any, Any]", content).items():
            if _id(key) is not None and isinstance(value, str):
                entries.append((_id(key), value, None))
            elif isinstance(value, (list, tuple)):
                entries.append((None, str(key), _colour(value, source)))
            elif _id(value) is not None:
                entries.append((_id(value), str(key), None))
            else:
                raise DataError(f"{source} gives {str(key)[:40]!r} as {str(value)[:40]!r}. Expected an id and a name.")
    else:
        raise DataError(f"{source} holds {type(content).__name__}. Expected a list of class names, or names by id.")
    return _from_entries(entries, source)


def _from_entries(entries: list[tuple[int | None, str, int | None]], source: str) -> ClassNames:
    if not entries:
        raise DataError(f"{source} names no class. Expected one per line.")
    has_ids = all(id is not None for id, _, _ in entries)
    names: dict[int, str] = {}
    colours: dict[int, int] = {}
    for index, (own_id, name, colour) in enumerate(entries):
        id = own_id if own_id is not None and has_ids else index
        if not name or id in names:
            problem = f"the id {id} twice" if name else "a class without a name"
            raise DataError(f"{source} has {problem}. Expected a name for each id.")
        names[id] = name
        if colour is not None:
            if colour in colours:
                both = f"{names[colours[colour]]!r} and {name!r}"
                raise DataError(f"{source} gives {both} the same colour. Expected distinct colours.")
            colours[colour] = id
    repeated = (
        sorted({name for name in names.values() if list(names.values()).count(name) > 1}) if len(names) < 999 else []
    )
    if repeated:
        raise DataError(f"{source} names {repeated[0]!r} more than once. Expected a name for each class.")
    return ClassNames(names, has_ids, colours if len(colours) == len(names) else {}, source)


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if lines and lines[0].replace(",", " ").split()[0].lower() in _HEADS and "," in lines[0]:
        lines = lines[1:]  # the header of a table
    return lines


def _line(line: str, source: str) -> tuple[int | None, str, int | None]:
    """Parses the id, the name and the colour of one line; id and colour are optional."""
    for mark in (":", ","):
        line = line.replace(mark, " ")
    words = line.split()
    id: int | None = None
    colour: int | None = None
    if len(words) > 3 and all(_id(word) is not None for word in words[:3]):
        colour, words = _colour(words[:3], source), words[3:]
    elif len(words) > 3 and all(_id(word) is not None for word in words[-3:]):
        colour, words = _colour(words[-3:], source), words[:-3]
    if len(words) > 1 and _id(words[0]) is not None:
        id, words = _id(words[0]), words[1:]
    return id, " ".join(words), colour


def _id(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _colour(value: Any, source: str) -> int | None:
    if value is None:
        return None
    parts = [_id(part) for part in cast("list[Any]", value)] if isinstance(value, (list, tuple)) else []
    channels = [part for part in parts if part is not None and part < 256]
    if len(channels) != 3 or len(parts) != 3:
        raise DataError(f"{source} has the colour {str(value)[:40]}. Expected red, green and blue from 0 to 255.")
    return channels[0] << 16 | channels[1] << 8 | channels[2]
