"""Pairing of images and masks by folders such as images/ and masks/ and names such as cat_mask.png."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from opsin.core import DataError

from ..scan import FolderListing, count, some
from ..split_names import SPLIT_NAMES, split_and_rest, split_name, words_of
from .mask_sets import COUNTED, Covers, MaskSet, choose_sets
from .names import Role, common_affixes, folder_role, strip_image_affixes, strip_mask_affixes

_RANKS: tuple[Role, ...] = ("mask", "objects", "view")
_Key = Callable[["_File"], object]
_Stem = Callable[["_File"], str]


@dataclass(frozen=True)
class MaskPairs:
    """The pairs among images and masks.

    Attributes:
        masks: Mask by image.
        unpaired_images: Images without a mask.
        unpaired_masks: Masks without an image.
        by_folders: True when masks are recognised by their folders, not by their names alone.
        is_sure: True when folders or names indicate both images and masks.
        left_out: Other masks of the same images, and pictures of annotations.
        further: Masks by image that belong to its mask: cat_mask_1.png next to cat_mask.png.
    """

    masks: dict[str, str]
    unpaired_images: tuple[str, ...]
    unpaired_masks: tuple[str, ...]
    by_folders: bool
    is_sure: bool = True
    left_out: tuple[str, ...] = ()
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True)
class _File:
    """A file by its path.

    Attributes:
        path: The path.
        role: Its role by folder or name; None for an image that nothing indicates.
        by_folder: True when the folder indicates the role.
        place: Words of the folders that indicate neither role nor split.
        rest: Such words of the folder that indicates the role.
        split: Split by the folders.
        stem: Name without extension.
        kind: Words of the folder and affixes of the name, which tell sets of masks apart.
    """

    path: str
    role: Role | None
    by_folder: bool
    place: tuple[str, ...]
    rest: tuple[str, ...]
    split: str | None
    stem: str
    kind: str = ""


def pair_masks(
    paths: Iterable[str],
    roles: Mapping[str, Role] | None = None,
    covers: Covers = lambda one, other: False,
) -> MaskPairs:
    """Pairs images with masks by their paths.

    Args:
        paths: Paths of all image files.
        roles: Role by name of a folder, used in place of what names indicate.
        covers: Returns True when masks are the fields of view of others.

    Returns:
        The pairs.

    Raises:
        DataError: An image has two masks, or a mask two images.
    """
    files = _recognise_by_name([_parse(path, roles) for path in paths])
    images = [file for file in files if file.role in (None, "image")]
    groups: dict[tuple[int, str], list[_File]] = defaultdict(list)
    for file in files:
        if file.role is not None and file.role != "image":
            groups[_RANKS.index(file.role), file.kind].append(file)
    sets: list[MaskSet] = []
    loose: set[str] = set()
    for (rank, kind), masks in sorted(groups.items()):
        pairs = _match(images, masks, loose)
        paired = set(pairs.values())
        sets.append(MaskSet(kind, rank, pairs, tuple(mask.path for mask in masks if mask.path not in paired)))
    chosen, others = choose_sets(sets, covers)
    found, further = _joined(chosen)
    by_folders = any(file.by_folder and file.role == "mask" for file in files)
    plain = {file.path for file in images if file.role is None} if by_folders else set[str]()
    return MaskPairs(
        found,
        tuple(sorted(file.path for file in images if file.path not in found)),
        tuple(mask for one in chosen for mask in one.unpaired),
        by_folders,
        roles is None and not plain & found.keys() and not loose & set(found.values()),
        tuple(mask for one in others for mask in one.masks),
        further,
    )


def _joined(sets: Iterable[MaskSet]) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Returns the mask of each image, and those that are counted on from it: cat_mask_1.png after cat_mask.png."""
    found: dict[str, str] = {}
    further: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for one in sets:
        for image, mask in one.pairs.items():
            if found.setdefault(image, mask) == mask:
                names[image] = one.name
            elif COUNTED.sub("", one.name) == names[image]:
                further[image] = (*further.get(image, ()), mask)
            else:
                folders = (found[image].rpartition("/")[0], mask.rpartition("/")[0])
                apart = folders[0] != folders[1]
                fix = (
                    "join the masks of all classes into one folder, with a value for each class"
                    if apart
                    else "remove one of them"
                )
                raise DataError(f"the image {image} has the masks {found[image]} and {mask}. Fix: {fix}.")
    return found, further


def pairs_mismatch(pairs: MaskPairs) -> str | None:
    """Checks if there are enough pairs to not be accidental.

    Args:
        pairs: The pairs.

    Returns:
        None when there are, else the reason.
    """
    paired, masks, images = len(pairs.masks), len(pairs.unpaired_masks), len(pairs.unpaired_images)
    folders = sorted({mask.rpartition("/")[0] for mask in pairs.unpaired_masks})
    if not paired and images and len({folder.rpartition("/")[2] for folder in folders}) > 1:
        return (
            f"{count(masks, 'mask')} in {count(folders, 'folder')} ({some(folders, 2)}), none named like an image: "
            "there may be a folder for each class. Expected one mask for each image. Fix: join the masks of all "
            "classes into one folder, with a value for each class and the names of the images"
        )
    if not paired:
        problem = f"{count(masks, 'mask')}, none with the name of an image" if masks else "no masks"
        return f"{problem} in folders such as images/ and masks/, or names such as cat_mask.png next to cat.png"
    if masks > paired:
        return f"only {paired} of {paired + masks} masks have an image: {some(pairs.unpaired_masks, 2)} have none"
    if not pairs.by_folders and images > paired:
        return f"only {paired} of {paired + images} images have a mask with their name"
    return None


def mentions_masks(listing: FolderListing) -> bool:
    """Checks if any folder or file has the name of masks; much faster than pairing.

    Args:
        listing: The files of the folder.
    """
    return any(_folder(folder)[0] in ("mask", "objects") for folder in listing.image_folders) or any(
        strip_mask_affixes(path[path.rfind("/") + 1 : path.rfind(".")])[2] == "mask" for path in listing.images
    )


def has_image_folder(listing: FolderListing) -> bool:
    """Checks if any folder has the name of images.

    Args:
        listing: The files of the folder.
    """
    return any(_folder(folder)[0] == "image" for folder in listing.image_folders)


def split_of(path: str) -> str | None:
    """Returns the split by the folders of a path, also from train2017, train_images and Set_Training_Input.

    Args:
        path: Path of a file.

    Returns:
        The split; None without one.
    """
    return _split_of(path.rpartition("/")[0])


@lru_cache(4096)
def _split_of(folders: str) -> str | None:
    for folder in folders.split("/"):
        split, rest = split_and_rest(folder)
        role, words = folder_role(folder)
        if split is not None and (not rest or role is not None):
            return split
        if role is not None and len(words) == 1 and split_name(words[0]) is not None:
            return split_name(words[0])
    return None


def _recognise_by_name(files: list[_File]) -> list[_File]:
    """Recognises cat_mask.png next to cat.png as a mask also in folders of images, when no folder is for masks."""
    if any(file.by_folder and file.role in ("mask", "objects") for file in files):
        return files
    existing = {(file.path.rpartition("/")[0], strip_image_affixes(file.stem)) for file in files}
    recognised: list[_File] = []
    for file in files:
        stem, affixes, role = strip_mask_affixes(file.stem)
        if role is not None and (file.path.rpartition("/")[0], strip_image_affixes(stem)) in existing:
            file = replace(file, role=role, by_folder=False, kind=affixes)
        recognised.append(file)
    return recognised


def _parse(path: str, roles: Mapping[str, Role] | None) -> _File:
    """Parses a path: role by folder or name, and what remains of the folders."""
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0]
    role, place, rest, kind = _folder(folder) if roles is None else _folder_with(folder, roles)
    split = _split_of(folder)
    _, affixes, named = strip_mask_affixes(stem)
    if role is None:
        return _File(path, "mask" if named == "mask" else None, False, place, rest, split, stem, affixes)
    if role == "mask" and named is not None:
        role = named
    return _File(path, role, True, place, rest, split, stem, f"{kind} {affixes}".strip())


_Folder = tuple[Role | None, tuple[str, ...], tuple[str, ...], str]


@lru_cache(4096)
def _folder(folder: str) -> _Folder:
    """Returns the role by the deepest folder that indicates one, the words of the others, and those of this one."""
    folders = folder.split("/") if folder else []
    for index in reversed(range(len(folders))):
        role, words = folder_role(folders[index])
        if role is not None:
            place = [word for part in (*folders[:index], *folders[index + 1 :]) for word in folder_role(part)[1]]
            kind = " ".join(word for word in words_of(folders[index]) if word not in SPLIT_NAMES)
            return role, _without_splits(place), _without_splits(words), kind
    return None, _without_splits(word for part in folders for word in words_of(part)), (), ""


def _folder_with(folder: str, roles: Mapping[str, Role]) -> _Folder:
    """Returns the same with the roles of folders given by name."""
    folders = folder.split("/")
    index = next((index for index, name in enumerate(folders) if name in roles), None)
    if index is None:
        return None, _without_splits(word for part in folders for word in words_of(part)), (), ""
    place = [word for part in (*folders[:index], *folders[index + 1 :]) for word in words_of(part)]
    return roles[folders[index]], _without_splits(place), (), ""


def _without_splits(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in SPLIT_NAMES)


def _match(images: list[_File], masks: list[_File], loose: set[str]) -> dict[str, str]:
    """Pairs the masks of one set, by the strictest rule that fits; adds masks paired without their place to `loose`."""
    image_inner, mask_inner = _without_common_affixes(images), _without_common_affixes(masks)
    stems: tuple[tuple[_Stem, _Stem], ...] = (
        (_stem, _stem),
        (_stem, _mask_stem),
        (_image_stem, _mask_stem),
        (image_inner, _mask_stem),
        (image_inner, mask_inner),
        (_stem, mask_inner),
    )
    found: dict[str, str] = {}
    left = masks
    for place in _PLACES:
        for of_image, of_mask in stems:
            by_key: dict[object, list[_File]] = defaultdict(list)
            for image in images:
                if image.path not in found:
                    by_key[place(image), of_image(image)].append(image)
            same_key: dict[object, list[_File]] = defaultdict(list)
            for mask in left:
                same_key[place(mask), of_mask(mask)].append(mask)
            for key, (mask, *more) in same_key.items():
                matching = by_key.get(key, [])
                if place is not _anywhere:
                    _check_single(matching, [mask, *more])
                if len(matching) == 1 and not more and _may_fit(matching[0], mask):
                    found[matching[0].path] = mask.path
                    if place is _anywhere:
                        loose.add(mask.path)
            paired = set(found.values())
            left = [mask for mask in left if mask.path not in paired]
            if not left:
                return found
    return found


def _stem(file: _File) -> str:
    return file.stem


def _mask_stem(file: _File) -> str:
    return strip_mask_affixes(file.stem)[0]


def _image_stem(file: _File) -> str:
    return strip_image_affixes(file.stem)


def _without_common_affixes(files: list[_File]) -> _Stem:
    """Returns a function that removes what the names in a folder have in common: 21 of 21_training and 22_training."""
    stems: dict[str, list[str]] = defaultdict(list)
    for file in files:
        stems[file.path.rpartition("/")[0]].append(file.stem)
    affixes = {folder: common_affixes(names) for folder, names in stems.items()}

    def inner(file: _File) -> str:
        start, end = affixes[file.path.rpartition("/")[0]]
        return file.stem[start : len(file.stem) - end]

    return inner


def _check_single(images: list[_File], masks: list[_File]) -> None:
    if len(images) > 1:
        both = f"{images[0].path} and {images[1].path}"
        raise DataError(f"the mask {masks[0].path} fits the images {both}. Fix: remove one of them.")
    if images and len(masks) > 1:
        both = f"{masks[0].path} and {masks[1].path}"
        raise DataError(f"the image {images[0].path} has the masks {both}. Fix: remove one of them.")


def _may_fit(image: _File, mask: _File) -> bool:
    """Returns True when neither splits nor folders contradict."""
    if image.split and mask.split and image.split != mask.split:
        return False
    return set(image.place) <= set(mask.place) or set(mask.place) <= set(image.place)


def _by_name(file: _File) -> object:
    return file.split, file.place + file.rest


def _by_place(file: _File) -> object:
    return file.split, file.place


def _anywhere(file: _File) -> object:
    return None


_PLACES: tuple[_Key, ...] = (_by_name, _by_place, _anywhere)
