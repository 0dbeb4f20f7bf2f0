"""Lookup of images by the names or foreign paths in annotation files, which tools and systems spell differently."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

from .scan import IMAGE_EXTENSIONS, count, some

_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".dib": ".bmp"}
_UPLOAD_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""Random start of a name that Label Studio adds when an image is uploaded."""
_REPLACED = re.compile(r"[^\w.]+|_+")
_CODE_PAGES = ("cp437", "cp1252", "latin-1")
_LOOSE = 3
"""Index of the form of `name_forms` that is a guess."""


def name_forms(name: str) -> tuple[str, str, str, str]:
    """Returns the forms of a file name under which two spellings of it are equal, the strictest first.

    1. The name itself. 2. In composed Unicode (NFC), without percent-escapes. 3. Also in lower case, with one ending
    for each image format (.jpg for .JPEG). 4. Also without what tools add or replace: an upload prefix, underscores
    for spaces and punctuation, UTF-8 that was read in another encoding.

    Args:
        name: Name of a file, without folders.

    Returns:
        The four forms.

    Examples:
        >>> name_forms("Caf%C3%A9 1.JPEG")[1:]
        ('Café 1.JPEG', 'café 1.jpg', 'café_1.jpg')
    """
    if name.isascii() and name.islower() and "%" not in name and " " not in name:
        composed = name
    else:
        composed = unicodedata.normalize("NFC", unquote(name)).strip()
    stem, ending = os.path.splitext(composed.casefold())
    folded = unicodedata.normalize("NFC", stem) + _SAME_FORMAT.get(ending, ending)
    loose = _REPLACED.sub("_", _UPLOAD_PREFIX.sub("", _repaired(folded)))
    return name, composed, folded, loose


class ImageNames:
    """Finds images by the ends of their paths, as annotation files spell them.

    Args:
        paths: Paths of all images.

    Attributes:
        guessed: Path of the image by the text of the annotation file, where only the loosest form of names is equal.

    Examples:
        >>> names = ImageNames(["train/images/a.jpg", "val/images/a.jpg", "val/images/b.jpg"])
        >>> names.find("C:\\\\data\\\\b.JPG"), names.find("a.jpg"), names.find("a.jpg", near="train/labels")
        ('val/images/b.jpg', None, 'train/images/a.jpg')
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = tuple(paths)
        self._by_form: dict[int, tuple[dict[str, list[str]], dict[str, list[str]]]] = {}
        self.guessed: dict[str, str] = {}

    def find(self, text: str, near: str = "") -> str | None:
        """Finds the image with a name, with or without its extension.

        Of several candidates, the one at `text` itself (also seen from `near`), then the one that shares most trailing
        folders with `text`, then most leading folders with `near`.

        Args:
            text: Name, path or address in the annotation file, possibly from another machine.
            near: Folder to prefer.

        Returns:
            The path of the image; None when there is none, or the choice is ambiguous.
        """
        found = self.candidates(text, near)
        return found[0] if len(found) == 1 else None

    def candidates(self, text: str, near: str = "") -> list[str]:
        """Returns the images that `find` chooses from: one, none, or several that fit equally well.

        Args:
            text: As for `find`.
            near: As for `find`.
        """
        spellings = [parts for spelling in _spellings(text) if (parts := _parts(spelling))]
        for form in range(_LOOSE + 1):
            for parts in spellings:
                by_name, by_stem = self._index(form)
                key = name_forms(parts[-1])[form]
                if found := by_name.get(key) or by_stem.get(key):
                    best = found if len(found) == 1 else _best(found, parts, near)
                    if form == _LOOSE and len(best) == 1:
                        self.guessed[text] = best[0]
                    return best
        return []

    def note(self) -> list[str]:
        """Returns a note on the images that were found by a similar name only; empty without any."""
        pairs = [f"{path} for {text.rpartition('/')[2]}" for text, path in self.guessed.items()]
        return [f"{count(pairs, 'image')} found by a similar name: {some(pairs, 3)}"] if pairs else []

    def same_stem(self, text: str) -> list[str]:
        """Returns the images with the name but of another format, such as a.png for a.jpg: another file, for messages.

        Args:
            text: As for `find`.
        """
        parts = _parts(text)
        stem = os.path.splitext(name_forms(parts[-1])[2])[0] if parts else ""
        return list(self._index(2)[1].get(stem, ()))

    def _index(self, form: int) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Returns the paths by one form of their names and of their names without the ending."""
        if form not in self._by_form:
            by_name: dict[str, list[str]] = defaultdict(list)
            by_stem: dict[str, list[str]] = defaultdict(list)
            for path in self._paths:
                key = name_forms(path.replace("\\", "/").rpartition("/")[2])[form]
                by_name[key].append(path)
                by_stem[key.rpartition(".")[0]].append(path)
            self._by_form[form] = by_name, by_stem
        return self._by_form[form]


def _spellings(text: str) -> list[str]:
    """Returns a path as it is, without percent-escapes, and without the query of an address (or as its query ?d=)."""
    found = [text]
    head, mark, query = text.partition("?")
    if mark:
        ending = os.path.splitext(head)[1].lower()
        found.append(head if ending in IMAGE_EXTENSIONS else query.partition("=")[2].partition("&")[0])
    return list(dict.fromkeys([*found, *(unquote(one) for one in found if "%" in one)]))


def _parts(text: str) -> list[str]:
    return [part for part in text.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]


def _best(found: list[str], parts: list[str], near: str) -> list[str]:
    """Returns the candidates that fit best."""
    folders = near.split("/") if near else []
    wanted = ["/".join([*folders, *parts]), "/".join(parts)]

    def rank(path: str) -> tuple[int, int, int]:
        here = wanted.index(path) if path in wanted else len(wanted)
        return len(wanted) - here, _common_suffix(path, parts), _common_prefix(path, folders)

    ranked = {path: rank(path) for path in found}
    best = max(ranked.values())
    return [path for path, own in ranked.items() if own == best]


def _common_suffix(path: str, parts: list[str]) -> int:
    """Returns the number of equal trailing folders."""
    equal = 0
    for own, other in zip(reversed(path.split("/")[:-1]), reversed(parts[:-1]), strict=False):
        if _folder_form(own) != _folder_form(other):
            break
        equal += 1
    return equal


def _common_prefix(path: str, folders: list[str]) -> int:
    """Returns the number of equal leading folders."""
    equal = 0
    for own, other in zip(path.split("/")[:-1], folders, strict=False):
        if own != other:
            break
        equal += 1
    return equal


@lru_cache(4096)
def _folder_form(name: str) -> str:
    return name_forms(name)[2]


def _repaired(name: str) -> str:
    """Returns a name whose UTF-8 was read in a code page, as some programs unpack archives, in its own letters."""
    if not name.isascii():
        for code_page in _CODE_PAGES:
            try:
                return unicodedata.normalize("NFC", name.encode(code_page).decode("utf-8")).casefold()
            except UnicodeError:
                continue
    return name
