"""Files that are not read: their kinds by extension, and what to do about them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class FileKind:
    """A kind of files that is not read.

    Attributes:
        name: Name of one file of this kind, after "is" or "are".
        extensions: Extensions in lower case.
        fix: What to do about them.
    """

    name: str
    extensions: tuple[str, ...]
    fix: str


_TO_IMAGES = "convert them to JPEG or PNG"
_WITH_MASKS = "pair the volumes with masks, or export the slices as PNG with labels"
FILE_KINDS = (
    FileKind("HEIC", (".heic", ".heif", ".hif"), _TO_IMAGES),
    FileKind("camera raw", (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".orf", ".rw2", ".raw"), _TO_IMAGES),
    FileKind("JPEG XL", (".jxl",), _TO_IMAGES),
    FileKind("SVG", (".svg", ".svgz"), _TO_IMAGES),
    FileKind("Photoshop", (".psd", ".psb"), _TO_IMAGES),
    FileKind("OpenEXR", (".exr", ".hdr"), _TO_IMAGES),
    FileKind("PDF", (".pdf",), _TO_IMAGES),
    FileKind("DICOM", (".dcm", ".dicom", ".ima"), _WITH_MASKS),
    FileKind("NIfTI", (".nii", ".nii.gz"), _WITH_MASKS),
    FileKind("medical volumes", (".mha", ".mhd", ".nrrd", ".mgz"), "export the slices as PNG"),
    FileKind(
        "microscope files", (".czi", ".lif", ".nd2", ".oib", ".oif", ".lsm", ".vsi"), "export the images as TIFF"
    ),
    FileKind("whole-slide images", (".svs", ".ndpi", ".mrxs", ".scn", ".bif"), "cut them into tiles of PNG or JPEG"),
    FileKind(
        "videos",
        (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".mts", ".3gp", ".flv"),
        "save frames as JPEG or PNG",
    ),
    FileKind("archives", (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst"), "unpack them"),
    FileKind("NumPy arrays", (".npy",), "save images and labels as one .npz"),
    FileKind("MATLAB files", (".mat",), "save images and labels as .npz, or the images as PNG"),
    FileKind("HDF5", (".h5", ".hdf5"), "save images and labels as .npz, or the images as PNG"),
    FileKind("records", (".tfrecord", ".tfrecords", ".mdb", ".arrow", ".parquet"), "export the images as files"),
    FileKind("pickles", (".pkl", ".pickle", ".pt", ".pth"), "save images and labels as .npz; pickles can run code"),
)  # fmt: skip
_BY_EXTENSION = {extension: kind for kind in FILE_KINDS for extension in kind.extensions}


def kind_of_file(name: str) -> FileKind | None:
    """Returns the kind of a file that is not read; None for other files.

    Args:
        name: File name.

    Examples:
        >>> kind_of_file("IMG_1.HEIC").name, kind_of_file("brain.nii.gz").name, kind_of_file("a.jpg")
        ('HEIC', 'NIfTI', None)
    """
    base = name.rpartition("/")[2].lower()
    _, _, last = base.rpartition(".")
    double = ".".join(base.split(".")[-2:])
    return _BY_EXTENSION.get(f".{double}") or (_BY_EXTENSION.get(f".{last}") if "." in base else None)


def count_kinds(names: Iterable[str]) -> list[tuple[FileKind, int]]:
    """Returns the kinds of files that are not read with their number, the most frequent first.

    Args:
        names: File names.

    Examples:
        >>> [(kind.name, count) for kind, count in count_kinds(["a.heic", "b.HEIC", "c.mp4", "d.jpg"])]
        [('HEIC', 2), ('videos', 1)]
    """
    return Counter(kind for name in names if (kind := kind_of_file(name))).most_common()
