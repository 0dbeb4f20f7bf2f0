"""JSON, YAML and XML from untrusted files: bounded in size, and one line when they are damaged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

from opsin.core import DataError

MOST_SMALL_BYTES = 1 << 20
_MOST_JSON_BYTES = 1 << 31


def load_json(path: Path, source: str, most: int = _MOST_JSON_BYTES) -> Any:
    """What a JSON file holds; DataError, naming `source`, when it is too large or damaged."""
    try:
        return json.loads(_bytes(path, source, most))
    except RecursionError:
        raise DataError(f"{source} is nested too deeply") from None
    except ValueError as error:
        raise DataError(f"{source} is no JSON ({_first_line(error)})") from None


def load_yaml(path: Path, source: str) -> Mapping[str, Any]:
    """The mapping in a YAML file, empty when it holds something else; DataError when it is too large or damaged."""
    import yaml

    try:
        found: object = yaml.safe_load(_bytes(path, source, MOST_SMALL_BYTES).decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"{source} is no YAML ({_first_line(error)})") from None
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def load_xml(path: Path, source: str) -> ElementTree.Element:
    """The root of an XML file; DataError when it is too large, damaged or defines entities of its own."""
    content = _bytes(path, source, MOST_SMALL_BYTES)
    try:
        if b"<!" in content.replace(b"<!--", b""):
            raise DataError(f"{source} has a document type or entities of its own; expected plain elements")
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{source} is no XML ({_first_line(error)})") from None


def _bytes(path: Path, source: str, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise DataError(f"{source} is larger than {most:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}") from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:80]
