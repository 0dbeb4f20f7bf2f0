"""Lookup of images by the names or foreign paths in annotation files."""

from collections import defaultdict
from collections.abc import Iterable


class ImageNames:
    """Finds images by the ends of their paths.

    Args:
        paths: Paths of all images.

    Examples:
        >>> names = ImageNames(["train/images/a.jpg", "val/images/a.jpg", "val/images/b.jpg"])
        >>> names.find("C:\\\\data\\\\b.jpg"), names.find("a.jpg"), names.find("a.jpg", near="train/labels")
        ('val/images/b.jpg', None, 'train/images/a.jpg')
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            name = path.rpartition("/")[2]
            self._by_name[name].append(path)
            self._by_stem[name.rpartition(".")[0]].append(path)

    def find(self, text: str, near: str = "") -> str | None:
        """Finds the image with a name, with or without its extension.

        Of several candidates, the one that shares most trailing folders with `text`, then most leading folders with
        `near`.

        Args:
            text: Name or path in the annotation file, possibly from another machine.
            near: Folder to prefer.

        Returns:
            The path of the image; None when there is none, or the choice is ambiguous.
        """
        parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts:
            return None
        found = self._by_name.get(parts[-1]) or self._by_stem.get(parts[-1], [])
        if len(found) <= 1:
            return found[0] if found else None
        folders = near.split("/") if near else []
        ranked = sorted(
            ((_common_suffix(path, parts), _common_prefix(path, folders), path) for path in found), reverse=True
        )
        return None if ranked[0][:2] == ranked[1][:2] else ranked[0][2]


def _common_suffix(path: str, parts: list[str]) -> int:
    """Returns the number of equal trailing folders."""
    count = 0
    for own, other in zip(reversed(path.split("/")[:-1]), reversed(parts[:-1]), strict=False):
        if own != other:
            break
        count += 1
    return count


def _common_prefix(path: str, folders: list[str]) -> int:
    """Returns the number of equal leading folders."""
    count = 0
    for own, other in zip(path.split("/")[:-1], folders, strict=False):
        if own != other:
            break
        count += 1
    return count
