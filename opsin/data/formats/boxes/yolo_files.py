"""The text files of YOLO without a data.yaml: label files of images, files of class names, and lists of splits."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from opsin.core import DataError

from ..image_names import ImageNames, name_forms
from ..parsing import load_text
from ..scan import IMAGE_EXTENSIONS, FolderListing
from ..split_names import split_name

_CLASS_FILES = frozenset(
    ("classes.txt", "class.txt", "class_names.txt", "classnames.txt", "names.txt", "labels.txt", "_darknet.labels")
)
_MOST_LIST_BYTES = 1 << 28
_LABEL_FOLDERS = {"images": "labels", "JPEGImages": "labels"}


class LabelFiles:
    """Finds the label file of an image by its path, in any Unicode form and letter case.

    Args:
        paths: Paths of all text files.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(path for path in paths if path.lower().endswith(".txt"))
        self._by_form: dict[str, str] | None = None

    def find(self, *wanted: str) -> str | None:
        """Returns the first of some paths that is a file; None without any.

        Args:
            wanted: Possible paths of the file.
        """
        exact = next((path for path in wanted if path in self._paths), None)
        if exact is not None or not self._paths:
            return exact
        if self._by_form is None:
            self._by_form = {_form(path): path for path in sorted(self._paths)}
        forms = self._by_form
        return next((forms[form] for path in wanted if (form := _form(path)) in forms), None)


def _form(path: str) -> str:
    return "/".join(name_forms(part)[2] for part in path.split("/"))


def label_path(image: str) -> str:
    """Returns the path of the label file of an image: labels/a.txt for images/a.jpg, else in the same folder.

    Args:
        image: Path of the image.

    Examples:
        >>> label_path("train/images/a.jpg"), label_path("a.jpg")
        ('train/labels/a.txt', 'a.txt')
    """
    return f"{_counterpart(image).rpartition('.')[0]}.txt"


def _counterpart(image: str) -> str:
    folders, _, name = image.rpartition("/")
    return f"{label_counterpart(folders)}/{name}".lstrip("/")


def label_counterpart(folders: str) -> str:
    """Returns the folder of the labels for a folder of images: train/labels for train/images.

    Args:
        folders: Path of the folder of images.
    """
    parts = folders.split("/")
    for index in reversed(range(len(parts))):
        if parts[index] in _LABEL_FOLDERS:
            parts[index] = _LABEL_FOLDERS[parts[index]]
            break
    return "/".join(parts)


def find_labels(images: Iterable[str], files: LabelFiles, others: Iterable[str]) -> dict[str, str | None]:
    """Returns the label file of each image: at its usual path, or, where no image has one, in any folder by its name.

    Args:
        images: Paths of the images.
        files: The text files.
        others: Their paths.
    """
    found = {image: files.find(label_path(image), f"{_counterpart(image)}.txt") for image in images}
    if any(found.values()):
        return found
    names = ImageNames(path for path in others if path.lower().endswith(".txt"))
    stems = {image: PurePosixPath(image).stem for image in found}
    number = Counter(stems.values())
    return {
        image: names.find(stem, image.rpartition("/")[0]) if number[stem] == 1 else None
        for image, stem in stems.items()
    }


def class_files(listing: FolderListing) -> dict[str, tuple[str, ...]]:
    """Reads all files of class names, one name per line: classes.txt, obj.names and the like.

    Args:
        listing: The files of the folder.

    Returns:
        The names by file.

    Raises:
        DataError: A file is unreadable, empty or names a class twice.
    """
    found: dict[str, tuple[str, ...]] = {}
    for path in listing.others:
        name = path.rpartition("/")[2].lower()
        if name in _CLASS_FILES or name.endswith((".names", "_classes.txt")):
            found[path] = _class_names(load_text(listing.path(path), path), path)
    return found


def _class_names(text: str, source: str) -> tuple[str, ...]:
    """Returns the names in the lines of a file; an id before each is removed when the ids count from 0."""
    lines = [line.strip() for line in text.strip().splitlines()]
    split = [line.replace(":", " ", 1).split(maxsplit=1) for line in lines]
    if all(len(parts) == 2 and parts[0] == str(place) for place, parts in enumerate(split)):
        lines = [parts[1] for parts in split]
    names = tuple(line or str(place) for place, line in enumerate(lines))
    repeated = [name for name, number in Counter(names).items() if number > 1]
    if not names or repeated:
        problem = f"names {repeated[0]!r} more than once" if repeated else "names no class"
        raise DataError(f"{source} {problem}. Expected one name per line.")
    return names


def nearest_class_file(label: str, image: str, files: Mapping[str, tuple[str, ...]]) -> str | None:
    """Returns the file of class names that belongs to a label file.

    Args:
        label: Path of the label file.
        image: Path of its image.
        files: Names by file.

    Returns:
        The nearest in a folder of the label file or of the image, or the only one, or any when all are equal; else
        None.
    """
    by_folder = {path.rpartition("/")[0]: path for path in sorted(files, reverse=True)}
    above = {str(folder) for path in (label, image) for folder in PurePosixPath(path).parents}
    above = {"" if folder == "." else folder for folder in above} & set(by_folder)
    if above:
        return by_folder[max(above, key=lambda folder: (folder.count("/") + bool(folder), label.startswith(folder)))]
    return next(iter(files)) if len(set(files.values())) == 1 else None


def listed_splits(listing: FolderListing) -> dict[str, str]:
    """Returns the split of each image that a train.txt, val.txt or test.txt lists.

    Args:
        listing: The files of the folder.
    """
    found: dict[str, str] = {}
    lists = [path for path in listing.others if path.lower().endswith(".txt") and path.count("/") <= 1]
    names: ImageNames | None = None
    for path in lists:
        split = split_name(PurePosixPath(path).stem)
        if split is not None:
            names = names or ImageNames(listing.images)
            for text in list_lines(listing.path(path), path):
                image = names.find(text, path.rpartition("/")[0])
                if image is not None:
                    found.setdefault(image, split)
    return found


def list_lines(path: Path, source: str) -> list[str]:
    """Returns the lines of a text file that are paths of images.

    Args:
        path: The file.
        source: Its name in errors.

    Raises:
        DataError: The file is too large or not text.
    """
    lines = [line.strip().replace("\\", "/") for line in load_text(path, source, _MOST_LIST_BYTES).splitlines()]
    return [line for line in lines if line[line.rfind(".") :].lower() in IMAGE_EXTENSIONS]
