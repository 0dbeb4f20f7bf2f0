"""The formats of data sets, each with an example, for messages and `--formats`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A format of data sets.

    Attributes:
        name: Name of the format.
        target: Target of an image in this format.
        layout: Example of its files, one line each.
    """

    name: str
    target: str
    layout: tuple[str, ...]


CLASS_FOLDERS = Format(
    "class folders",
    "one class",
    ("photos/cat/1.jpg", "photos/dog/2.jpg", "or photos/train/cat/1.jpg, photos/test/cat/2.jpg"),
)
CSV_TABLE = Format(
    "CSV table",
    "one class, labels or numbers",
    ("photos/labels.csv: path,label", "photos/images/1.jpg", "optional columns: split, patient"),
)
NPZ = Format(
    "npz",
    "one class, labels or numbers",
    ("digits.npz: images, labels", "or train_images, train_labels, test_images, ..."),
)
COCO = Format(
    "COCO",
    "boxes, outlines",
    ("cells/annotations.json", "cells/images/1.jpg", "or cells/train/_annotations.coco.json, cells/train/1.jpg"),
)
YOLO = Format(
    "YOLO",
    "boxes, outlines",
    ("cells/data.yaml: train, val, names", "cells/images/train/1.jpg", "cells/labels/train/1.txt"),
)
VOC = Format(
    "Pascal VOC",
    "boxes",
    ("cells/Annotations/1.xml", "cells/JPEGImages/1.jpg", "optional: cells/ImageSets/Main/train.txt"),
)
LABELME = Format(
    "LabelMe",
    "boxes, outlines",
    (
        "cells/1.jpg",
        "cells/1.json: shapes with label and points",
        "or cells/ds0/img/1.jpg, cells/ds0/ann/1.jpg.json",
    ),
)
BOXES_CSV = Format(
    "CSV of boxes",
    "boxes",
    ("cells/boxes.csv: path,xmin,ymin,xmax,ymax,label", "cells/images/1.jpg"),
)
NNUNET = Format(
    "nnU-Net",
    "masks",
    ("cells/dataset.json", "cells/imagesTr/case_0000.png", "cells/labelsTr/case.png"),
)
MASK_FOLDERS = Format(
    "mask folders",
    "masks, objects",
    ("cells/images/1.jpg", "cells/masks/1.png", "or cells/1.jpg, cells/1_mask.png"),
)
OBJECT_FOLDERS = Format(
    "object folders",
    "objects",
    ("cells/a/images/a.png", "cells/a/masks/1.png, 2.png, ...: one object each"),
)
VOLUME_FOLDERS = Format(
    "NIfTI with masks",
    "masks of volumes",
    ("scans/images/1.nii.gz", "scans/labels/1.nii.gz", "or dataset.json of nnU-Net or MSD, datalist.json of MONAI"),
)
ARRAYS = Format(
    "arrays",
    "one class, labels or numbers",
    ("Python: opsin.train((images, labels))", 'or {"train": (images, labels), "test": (...)}'),
)

FORMATS = (
    CLASS_FOLDERS,
    CSV_TABLE,
    NPZ,
    COCO,
    YOLO,
    VOC,
    LABELME,
    BOXES_CSV,
    MASK_FOLDERS,
    OBJECT_FOLDERS,
    NNUNET,
    VOLUME_FOLDERS,
    ARRAYS,
)
"""All formats, in the order in which they are listed."""
