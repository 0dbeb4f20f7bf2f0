"""Layout of class folders: where the folders of splits and of classes are, and which folders are neither."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from opsin.core import DataError

from ..scan import FolderListing, count, some
from ..split_names import sibling_splits, split_name, words_of

_CONTAINERS = frozenset(("images", "image", "imgs", "img", "data", "dataset", "classes", "photos", "jpg", "png"))
_NO_CLASSES = frozenset((
    "sample", "samples", "example", "examples", "demo", "unlabelled", "unlabeled", "predictions", "results", "outputs",
    "output", "thumbnails", "backup", "tmp", "temp", "logs", "unsorted", "unclassified",
))  # fmt: skip
_FOLDS = frozenset(("fold", "cv", "split", "run"))
_NUMBERED = re.compile(r"^(?:fold|cv|split|part|batch|chunk|set)s?[ _-]?\d+$", re.IGNORECASE)
_COPY = re.compile(r"^(.+?)(?: - copy.*|[ _-]copy.*| \(\d+\)|[ _-](?:backup|bak|old))$", re.IGNORECASE)


@dataclass(frozen=True)
class FolderLayout:
    """Class and split of the images of class folders.

    Attributes:
        labels: Class by path of the image.
        splits: Split by path of the image; None without one.
        unlabelled: Images that are in no class folder.
        notes: Messages on folders that were left out or opened.
    """

    labels: dict[str, str]
    splits: dict[str, str | None]
    unlabelled: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Tree:
    """The folders that contain images at any depth below them."""

    children: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    with_images: frozenset[str] = frozenset()

    def below(self, folder: str) -> set[str]:
        return self.children.get(folder, set())


def folder_layout(listing: FolderListing) -> FolderLayout:
    """Finds the class and the split of each image by its folders.

    Splits are folders at any depth, above the classes (train/cat, photos/train/images/cat) or below (cat/train).

    Args:
        listing: The files of the folder.

    Returns:
        The layout; without labels when there are no class folders.

    Raises:
        DataError: The folders have two readings, or splits without class folders; the message names them.
    """
    tree = _tree(listing.image_folders)
    root, notes = _open_outer_folders(tree)
    parents = _parents_of_splits(tree, root)
    if not parents:
        splits = _only_split(tree, root)
        if splits is None:
            return _plain(listing, tree, root, notes)
        return _splits_above(listing, tree, root, splits, notes)
    if len(parents) == 1:
        (parent, splits), *_ = parents.items()
        return _splits_above(listing, tree, parent, splits, notes)
    return _splits_in_many(listing, tree, parents, notes)


def _tree(folders: Iterable[str]) -> _Tree:
    tree = _Tree(with_images=frozenset(folders))
    for folder in tree.with_images:
        while folder:
            parent, _, name = folder.rpartition("/")
            names = tree.children.setdefault(parent, set())
            if name in names:
                break
            names.add(name)
            folder = parent
    return tree


def _join(parent: str, name: str) -> str:
    return f"{parent}/{name}" if parent else name


def _open_outer_folders(tree: _Tree) -> tuple[str, list[str]]:
    """Returns the folder below which there are several, and a note when it is not the top level."""
    root = ""
    while len(tree.below(root)) == 1:
        (child,) = tree.below(root)
        inner = _join(root, child)
        if split_name(child) or not tree.below(inner) or inner in tree.with_images:
            break
        root = inner
    return root, [f"read from its only folder, {root}"] if root else []


def _parents_of_splits(tree: _Tree, root: str) -> dict[str, dict[str, str]]:
    """Returns the splits by name below the shallowest folders that contain two or more different splits."""
    level = [root]
    while level:
        found = {parent: sibling_splits(tree.below(parent)) for parent in level}
        parents = {parent: splits for parent, splits in found.items() if len(set(splits.values())) > 1}
        if parents:
            return parents
        level = [_join(parent, name) for parent in level for name in sorted(tree.below(parent))]
    return {}


def _only_split(tree: _Tree, root: str) -> dict[str, str] | None:
    """Returns the splits at the top where all have the same name, such as train/ next to samples/; None for classes."""
    tops = tree.below(root)
    splits = sibling_splits(tops)
    if not splits:
        return None
    others = sorted(tops - splits.keys())
    if not others:
        return splits
    if any(_join(root, name) in tree.with_images or len(tree.below(_join(root, name))) < 2 for name in splits):
        return None
    if len(others) == 1 or all(_is_no_class(name) for name in others):
        return splits
    raise DataError(
        f"{some(sorted(splits))} may be a split, with the classes {some(_classes_below(tree, root, splits))}, or a "
        f"class like {some(others)}. Expected splits or classes at one depth. Fix: move one of them out of the folder"
    )


def _classes_below(tree: _Tree, root: str, splits: Iterable[str]) -> list[str]:
    return sorted({name for split in splits for name in tree.below(_join(root, split))})


def _is_no_class(name: str) -> bool:
    words = words_of(name)
    return bool(words) and all(word in _NO_CLASSES for word in words)


def _plain(listing: FolderListing, tree: _Tree, root: str, notes: list[str]) -> FolderLayout:
    """Reads the folders at one place as classes, without those that are named as no class."""
    tops = tree.below(root)
    odd = {name for name in tops if _is_no_class(name)}
    odd |= {name for name in tops if split_name(name) in ("valid", "test") and len(name) > 2}
    kept = tops - odd if len(tops - odd) >= 2 else tops
    prefix = f"{root}/" if root else ""
    inside = {frozenset(tree.below(_join(root, name))) for name in kept}
    if len(kept) > 1 and len(inside) == 1 and len(names := min(inside)) > 1 and not any(map(str.isdigit, names)):
        if all(map(_NUMBERED.match, kept)):
            raise DataError(
                f"{some(sorted(kept))} contain the same folders {some(sorted(names))}, as folds or parts do. Expected "
                "one folder of each class. Fix: name one of them, or move the images of a class into one folder"
            )
        notes = [*notes, f"each class contains the folders {some(sorted(names))}: name one class if those are classes"]
    copies = [name for name in kept if (of := _COPY.match(name)) is not None and of[1] in kept]
    copies += [name for name in kept if name.lower().startswith(("new folder", "untitled folder"))]
    if copies:
        notes = [*notes, f"read as classes of their own: {some(copies)}. Fix: move away what is a copy"]
    labels: dict[str, str] = {}
    for path in listing.images:
        name, inner, _ = path.removeprefix(prefix).partition("/")
        if path.startswith(prefix) and inner and name in kept:
            labels[path] = name
    return _layout(listing, labels, dict.fromkeys(labels), [_join(root, name) for name in tops - kept], notes)


def _splits_above(
    listing: FolderListing, tree: _Tree, parent: str, splits: Mapping[str, str], notes: list[str]
) -> FolderLayout:
    """Reads PARENT/train/cat/1.jpg; a folder between split and classes that all splits share is passed over."""
    base = _bases(tree, parent, splits)
    flat = [folder for folder in base if not tree.below(folder)]
    if len(flat) == len(base):
        raise DataError(f"the images are directly in {some(flat)}")
    labels: dict[str, str] = {}
    split_of: dict[str, str | None] = {}
    prefix = f"{parent}/" if parent else ""
    for path in listing.images:
        top = path.removeprefix(prefix).partition("/")[0]
        folder = next((folder for folder in base if path.startswith(f"{folder}/")), None)
        if folder is None or not path.startswith(prefix):
            continue
        name, inner, _ = path[len(folder) + 1 :].partition("/")
        if inner:
            labels[path], split_of[path] = name, splits[top]
    extra = [_join(parent, name) for name in tree.below(parent) - splits.keys()]
    if parent:
        extra += _siblings(tree, parent)
    inside = len(labels)
    outside = sum(path.startswith(tuple(f"{folder}/" for folder in extra)) for path in listing.images) if extra else 0
    if parent and outside > inside:
        raise DataError(
            f"{some([_join(parent, name) for name in splits])} are splits, but {count(outside, 'image')} are in "
            f"{some(extra)}. Fix: name the folder {parent} itself, or move the others away"
        )
    return _layout(listing, labels, split_of, extra, notes)


def _bases(tree: _Tree, parent: str, splits: Iterable[str]) -> list[str]:
    """Returns the folders of classes of the splits: train, or train/images where it has no other folder."""
    base = [_join(parent, name) for name in sorted(splits)]
    while True:
        deep = [folder for folder in base if tree.below(folder)]
        only = {folder: next(iter(tree.below(folder))) for folder in deep if len(tree.below(folder)) == 1}
        shared = len(deep) > 1 and len(only) == len(deep) and len(set(only.values())) == 1
        passed = [
            folder
            for folder, name in only.items()
            if folder not in tree.with_images
            and (_repeats_split(folder, name) or (shared and tree.below(_join(folder, name))))
        ]
        if not passed:
            return base
        base = [_join(folder, only[folder]) if folder in passed else folder for folder in base]


def _repeats_split(folder: str, name: str) -> bool:
    """Returns True for the folder within a split that is no class: train/images, or seg_train/seg_train."""
    return name.lower() in _CONTAINERS or split_name(name) is not None or name == folder.rpartition("/")[2]


def _siblings(tree: _Tree, parent: str) -> list[str]:
    """Returns the folders with images next to a folder and next to those above it."""
    found: list[str] = []
    while parent:
        above, _, name = parent.rpartition("/")
        found += [_join(above, other) for other in tree.below(above) if other != name]
        parent = above
    return found


def _splits_in_many(
    listing: FolderListing, tree: _Tree, parents: Mapping[str, Mapping[str, str]], notes: list[str]
) -> FolderLayout:
    """Reads cat/train/1.jpg with dog/train/2.jpg, or site/train/cat/1.jpg with other/train/cat/2.jpg."""
    names = sorted(parents)
    if any(_FOLDS & set(words_of(parent.rpartition("/")[2])) for parent in names):
        raise DataError(f"{some(names)} contain splits each, as folds do. Expected one. Fix: name one of them")
    below = {
        parent: {name for split in splits for name in tree.below(_join(parent, split))}
        for parent, splits in parents.items()
    }
    found = set().union(*below.values())
    labels: dict[str, str] = {}
    split_of: dict[str, str | None] = {}
    above = not any(len(inner) > 1 for inner in below.values())
    if not above and any(2 * len(inner) < len(found) for inner in below.values()):
        raise DataError(
            f"{some(names)} contain splits each, with {some(sorted(found))} inside. The classes are above or below the "
            "splits. Fix: name one of the folders, or move the splits to the top"
        )
    for path in listing.images:
        parent = next((parent for parent in parents if path.startswith(f"{parent}/")), None)
        if parent is None:
            continue
        split, *inner = path[len(parent) + 1 :].split("/")
        if split in parents[parent] and (above or len(inner) > 1):
            labels[path] = parent.rpartition("/")[2] if above else inner[0]
            split_of[path] = parents[parent][split]
    if above:
        siblings = {_join(parent.rpartition("/")[0], "") for parent in parents}
        for path in listing.images:
            for start in siblings:
                name, inner, _ = path[len(start) :].partition("/")
                if path.startswith(start) and inner and _join(start.rstrip("/"), name) not in parents:
                    labels[path], split_of[path] = name, None
    else:
        notes = [*notes, f"{some(names)} contain the same classes, read together"]
    extra = [folder for parent, splits in parents.items() for folder in _extra(tree, parent, splits)]
    return _layout(listing, labels, split_of, extra, notes)


def _extra(tree: _Tree, parent: str, splits: Mapping[str, str]) -> list[str]:
    return [_join(parent, name) for name in tree.below(parent) - splits.keys()]


def _layout(
    listing: FolderListing,
    labels: dict[str, str],
    splits: dict[str, str | None],
    extra: list[str],
    notes: list[str],
) -> FolderLayout:
    unlabelled = [path for path in listing.images if path not in labels]
    named: list[str] = []
    for folder in sorted(extra):
        inside = [path for path in unlabelled if path.startswith(f"{folder}/")]
        if inside:
            named.append(f"{folder}/ ({count(inside, 'image')})")
            unlabelled = [path for path in unlabelled if not path.startswith(f"{folder}/")]
    if named:
        kinds = "splits" if any(splits.values()) else "classes"
        notes = [*notes, f"{count(named, 'folder')} left out, not named like {kinds}: {some(named)}"]
    return FolderLayout(labels, splits, tuple(unlabelled), tuple(notes))
