"""Parsers of untrusted JSON, YAML and XML files, limited in size, with one-line errors."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

from opsin.core import DataError

MOST_SMALL_BYTES = 1 << 20
_MOST_JSON_BYTES = 1 << 31


def load_json(path: Path, source: str, most: int = _MOST_JSON_BYTES) -> Any:
    """Parses a JSON file.

    Args:
        path: The file.
        source: Its name in errors.
        most: Maximum size in bytes.

    Returns:
        The parsed value.

    Raises:
        DataError: The file is too large, unreadable or damaged.
    """
    try:
        return json.loads(_read_limited(path, source, most))
    except RecursionError:
        raise DataError(f"{source} is nested too deeply. Expected flat JSON.") from None
    except ValueError as error:
        raise DataError(f"{source} is not valid JSON ({_first_line(error)}).") from None


def load_yaml(path: Path, source: str) -> Mapping[str, Any]:
    """Parses a YAML file of at most MOST_SMALL_BYTES.

    Args:
        path: The file.
        source: Its name in errors.

    Returns:
        The mapping in the file, empty when it holds something else.

    Raises:
        DataError: The file is too large, unreadable or damaged.
    """
    import yaml

    try:
        parsed: object = yaml.safe_load(_read_limited(path, source, MOST_SMALL_BYTES).decode("utf-8-sig"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(f"{source} is not valid YAML ({_first_line(error)}).") from None
    return cast("Mapping[str, Any]", parsed) if isinstance(parsed, Mapping) else {}


def load_xml(path: Path, source: str) -> ElementTree.Element:
    """Parses an XML file of at most MOST_SMALL_BYTES.

    Args:
        path: The file.
        source: Its name in errors.

    Returns:
        The root element.

    Raises:
        DataError: The file is too large, unreadable, damaged, or defines entities.
    """
    content = _read_limited(path, source, MOST_SMALL_BYTES)
    try:
        if b"<!" in content.replace(b"<!--", b""):
            raise DataError(f"{source} defines a document type or entities. Expected plain elements.")
        return ElementTree.fromstring(content)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{source} is not valid XML ({_first_line(error)}).") from None


def _read_limited(path: Path, source: str, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise DataError(f"{source} is too large. Expected at most {most:,} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:80]
