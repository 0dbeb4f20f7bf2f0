"""Encodings of text before Unicode, recognised only where no other one fits."""

import re
from collections.abc import Callable

_RUN = re.compile(r"[^\W\d_a-zA-Z]+")
_MOSTLY = 0.9
_LAST_OF_LEVEL_1 = {"gb2312": 0xD7, "big5": 0xC6}
"""Largest first byte of the frequent characters: GB2312 level 1, Big5 level 1."""


def decode_regional(content: bytes) -> tuple[str, str] | None:
    """Decodes text of one language before Unicode.

    Args:
        content: Bytes that are not UTF-8.

    Returns:
        The text and the name of its encoding; None when none fits, or more than one.

    Examples:
        >>> decode_regional("кошка, собака".encode("cp1251"))
        ('кошка, собака', 'Windows-1251 (Cyrillic)')
        >>> decode_regional("café".encode("cp1252")) is None
        True
    """
    found: list[tuple[str, str]] = []
    for encoding, name, fits in _ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        foreign = "".join(letter for letter in text if letter > "\x7f")
        if foreign and fits(text, foreign):
            found.append((text, name))
    return found[0] if len(found) == 1 else None


def _share(letters: str, *ranges: tuple[str, str]) -> float:
    return sum(any(low <= letter <= high for low, high in ranges) for letter in letters) / len(letters)


def _is_japanese(text: str, foreign: str) -> bool:
    kana = _share(foreign, ("\u3041", "\u30ff"))
    return kana >= 0.2 and _share(foreign, ("\u3000", "\u30ff"), ("\u4e00", "\u9fff"), ("\uff01", "\uff5e")) == 1


def _is_korean(text: str, foreign: str) -> bool:
    return _share(foreign, ("\uac00", "\ud7a3")) == 1


def _is_chinese(encoding: str) -> Callable[[str, str], bool]:
    def fits(text: str, foreign: str) -> bool:
        if _share(foreign, ("\u3000", "\u303f"), ("\u4e00", "\u9fff"), ("\uff01", "\uff5e")) < 1:
            return False
        frequent = sum(letter.encode(encoding)[0] <= _LAST_OF_LEVEL_1[encoding] for letter in foreign)
        return frequent >= _MOSTLY * len(foreign)

    return fits


def _is_cyrillic(text: str, foreign: str) -> bool:
    """Returns True for words of Cyrillic letters alone, in lower case but for the first letter."""
    runs = _RUN.findall(text)
    if _share(foreign, ("\u0400", "\u045f")) < 1 or sum(len(run) > 2 for run in runs) < 0.5 * len(runs):
        return False
    return bool(runs) and sum(run[1:].islower() or len(run) == 1 for run in runs) >= _MOSTLY * len(runs)


_ENCODINGS: tuple[tuple[str, str, Callable[[str, str], bool]], ...] = (
    ("shift_jis", "Shift JIS (Japanese)", _is_japanese),
    ("gb2312", "GBK (Chinese)", _is_chinese("gb2312")),
    ("big5", "Big5 (Chinese)", _is_chinese("big5")),
    ("euc_kr", "EUC-KR (Korean)", _is_korean),
    ("cp1251", "Windows-1251 (Cyrillic)", _is_cyrillic),
)
