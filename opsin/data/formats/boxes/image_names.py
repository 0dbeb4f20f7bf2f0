"""Which image of a folder an annotation file means by a name, a path of its own or one from another machine."""

from collections import defaultdict
from collections.abc import Iterable


class ImageNames:
    """Finds images by the ends of their paths.

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
        """The one image that `text` can mean, with or without its ending; of several the one nearest to a folder.

        Nearest has the longest way in common with `text`, then with the folder `near`; None when two are as near.
        """
        parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".", "..")]
        if not parts:
            return None
        found = self._by_name.get(parts[-1]) or self._by_stem.get(parts[-1], [])
        if len(found) <= 1:
            return found[0] if found else None
        folders = near.split("/") if near else []
        ranked = sorted(((_alike(path, parts), _shared(path, folders), path) for path in found), reverse=True)
        return None if ranked[0][:2] == ranked[1][:2] else ranked[0][2]


def _alike(path: str, parts: list[str]) -> int:
    """How many parts at the end are the same, the file's own name aside."""
    same = 0
    for mine, other in zip(reversed(path.split("/")[:-1]), reversed(parts[:-1]), strict=False):
        if mine != other:
            break
        same += 1
    return same


def _shared(path: str, folders: list[str]) -> int:
    """How many folders from the top on are the same."""
    same = 0
    for mine, other in zip(path.split("/")[:-1], folders, strict=False):
        if mine != other:
            break
        same += 1
    return same
