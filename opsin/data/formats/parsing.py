"""Parsers of untrusted JSON, YAML and XML files, limited in size, with one-line errors."""

import codecs
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

from opsin.core import DataError

MOST_SMALL_BYTES = 1 << 20
_MOST_DECLARATION = 400
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]{0,40})["']""")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
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

    return _load_yaml(path, source, yaml.SafeLoader)


def load_yaml_texts(path: Path, source: str) -> Mapping[str, Any]:
    """Parses a YAML file as `load_yaml` does, with all scalars as they are written: yes, 1.10 and null are text.

    Args:
        path: The file.
        source: Its name in errors.

    Returns:
        The mapping in the file, with text for keys and scalars.

    Raises:
        DataError: The file is too large, unreadable or damaged.
    """
    import yaml

    return _load_yaml(path, source, yaml.BaseLoader)


def _load_yaml(path: Path, source: str, loader: Any) -> Mapping[str, Any]:
    import yaml

    text = load_text(path, source)
    try:
        parsed: object = yaml.load(text, loader)
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
    text = _xml_text(_read_limited(path, source, MOST_SMALL_BYTES), source)
    try:
        if "<!" in text.replace("<!--", ""):
            raise DataError(f"{source} defines a document type or entities. Expected plain elements.")
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{source} is not valid XML ({_first_line(error)}).") from None


def load_text(path: Path, source: str, most: int = MOST_SMALL_BYTES) -> str:
    """Reads a text file in UTF-8, or in UTF-16 with a byte order mark.

    Args:
        path: The file.
        source: Its name in errors.
        most: Maximum size in bytes.

    Returns:
        The text, without the mark.

    Raises:
        DataError: The file is too large, unreadable or in another encoding.
    """
    return decode_text(_read_limited(path, source, most), source)


def decode_text(content: bytes, source: str) -> str:
    """Decodes UTF-8, or UTF-16 with a byte order mark.

    Args:
        content: The bytes of a text file.
        source: Its name in errors.

    Returns:
        The text, without the mark.

    Raises:
        DataError: The text is in another encoding.
    """
    try:
        return content.decode("utf-16" if content.startswith(_UTF_16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{source} is not UTF-8 text. Fix: save it as UTF-8.") from None


def _xml_text(content: bytes, source: str) -> str:
    """Decodes XML by its byte order mark, else by the encoding that it declares, else as UTF-8."""
    marked = content.startswith((codecs.BOM_UTF8, *_UTF_16_MARKS))
    start = content[:_MOST_DECLARATION].replace(b"\0", b"")  # UTF-16 without a mark
    declared = _DECLARED.match(start)
    if marked or declared is None:
        return decode_text(content, source)
    encoding = declared[1].decode("ascii").lower()
    if encoding.replace("_", "-") in ("gb2312", "gbk", "cp936"):
        encoding = "gb18030"  # contains them
    if encoding.startswith(("utf-16", "utf16", "ucs-2")) and b"\0" in content[:4]:
        encoding = "utf-16-le" if content[1:2] == b"\0" else "utf-16-be"
    elif encoding.startswith(("utf-16", "utf16", "ucs-2")):
        encoding = "utf-8"  # the declaration itself is not in UTF-16
    try:
        return content.decode(encoding)
    except LookupError:
        raise DataError(f"{source} declares the unknown encoding {encoding}. Fix: save it as UTF-8.") from None
    except ValueError:
        raise DataError(
            f"{source} is not in {encoding}, the encoding that it declares. Fix: save it as UTF-8."
        ) from None


def _read_limited(path: Path, source: str, most: int) -> bytes:
    try:
        if path.stat().st_size > most:
            raise DataError(f"{source} is too large. Expected at most {most:,} bytes.")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{source} cannot be read: {(error.strerror or str(error)).lower()}.") from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:80]
