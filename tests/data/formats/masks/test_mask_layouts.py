"""Layouts of well-known segmentation data sets and of labelling tools, by the names of their files."""

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import CLASSES, MASKS, read
from opsin.data.formats.masks.pairing import pair_masks, split_of

RNG = np.random.default_rng(0)


def photo(path, size=(40, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RNG.integers(0, 256, (*size, 3), np.uint8)).save(path)


def mask(path, value=255, shift=0, size=(40, 48), **options):
    values = np.zeros(size, np.uint8)
    values[5 + shift : 20 + shift, 8:30] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path, **options)


@pytest.mark.parametrize(
    ("image", "masked", "more", "split"),
    [
        (
            "ISBI2016_ISIC_Part1_Training_Data/I_{}.jpg",
            "ISBI2016_ISIC_Part1_Training_GroundTruth/I_{}_Segmentation.png",
            (),
            "train",
        ),
        (
            "ISIC2018_Task1-2_Validation_Input/I_{}.jpg",
            "ISIC2018_Task1_Validation_GroundTruth/I_{}_segmentation.png",
            (),
            "valid",
        ),
        ("PH2_Test_Input/{}.bmp", "PH2_Test_Lesion_Masks/{}_lesion.bmp", (), "test"),
        (
            "DRIVE/training/images/{}_training.tif",
            "DRIVE/training/1st_manual/{}_manual1.gif",
            ("DRIVE/training/mask/{}_training_mask.gif",),
            "train",
        ),
        (
            "DRIVE/test/images/{}_test.tif",
            "DRIVE/test/1st_manual/{}_manual1.gif",
            ("DRIVE/test/2nd_manual/{}_manual2.gif", "DRIVE/test/mask/{}_test_mask.gif"),
            "test",
        ),
        ("images/{}_dr.JPG", "manual1/{}_dr.tif", ("mask/{}_dr_mask.tif",), None),
        ("stare-images/im{}.ppm", "labels-ah/im{}.ah.ppm", ("labels-vk/im{}.vk.ppm",), None),
        ("Image_{}L.jpg", "Image_{}L_1stHO.png", ("Image_{}L_2ndHO.png",), None),
        ("Original/{}.tif", "Ground Truth/{}.tif", (), None),
        ("TrainDataset/image/{}.png", "TrainDataset/mask/{}.png", (), "train"),
        ("CamVid/val/{}.png", "CamVid/valannot/{}.png", (), "valid"),
        ("CamVid/test/{}.png", "CamVid/test_labels/{}_L.png", (), "test"),
        ("images/{}.png", "labels/{}_P.png", (), None),
        ("701_StillsRaw_full/{}.png", "LabeledApproved_full/{}_L.png", (), None),
        (
            "leftImg8bit/val/bonn/{}_leftImg8bit.png",
            "gtFine/val/bonn/{}_gtFine_labelIds.png",
            ("gtFine/val/bonn/{}_gtFine_color.png", "gtFine/val/bonn/{}_gtFine_instanceIds.png"),
            "valid",
        ),
        (
            "leftImg8bit/train/ulm/{}_leftImg8bit.png",
            "gtFine/train/ulm/{}_gtFine_labelTrainIds.png",
            ("gtFine/train/ulm/{}_gtFine_labelIds.png", "gtCoarse/train/ulm/{}_gtCoarse_labelIds.png"),
            "train",
        ),
        ("images/training/ADE_{}.jpg", "annotations/training/ADE_{}.png", (), "train"),
        ("images/Birman_{}.jpg", "annotations/trimaps/Birman_{}.png", (), None),
        ("JPEGImages/{}.jpg", "SegmentationClass/{}.png", ("SegmentationObject/{}.png",), None),
        (
            "JPEGImages/{}.jpg",
            "SegmentationClassPNG/{}.png",
            ("SegmentationClassVisualization/{}.jpg", "SegmentationObjectPNG/{}.png"),
            None,
        ),
        ("{}_json/img.png", "{}_json/label.png", ("{}_json/label_viz.png",), None),
        ("ds0/img/{}.jpg", "ds0/masks_machine/{}.png", ("ds0/masks_human/{}.png",), None),
        ("default/{}.jpg", "defaultannot/{}.png", (), None),
        ("train/{}_jpg.rf.0a.jpg", "train/{}_jpg.rf.0a_mask.png", (), "train"),
        ("tiff/train/{}.tiff", "tiff/train_labels/{}.tif", (), "train"),
        ("CameraRGB/{}.png", "CameraSeg/{}.png", (), None),
        ("original_images/{}.jpg", "label_images_semantic/{}.png", (), None),
        ("img/img_{}.png", "lbl/lbl_{}.png", (), None),
        ("case{}/image.png", "case{}/mask.png", (), None),
        ("Slide_01/{}.png", "GT_01/{}.png", (), None),
        ("imagesTr/heart_{}_0000.png", "labelsTr/heart_{}.png", (), "train"),
    ],
)
def test_well_known_layouts(image, masked, more, split):
    paths = [template.format(number) for template in (image, masked, *more) for number in ("001", "002", "013")]
    found = pair_masks(paths)
    assert found.masks == {image.format(number): masked.format(number) for number in ("001", "002", "013")}
    assert len(found.left_out) == 3 * len(more) and not found.unpaired_masks and not found.unpaired_images
    assert {split_of(path) or split_of(masked) for path, masked in found.masks.items()} == {split}


def test_a_mask_in_another_place_is_no_mask_of_the_image():
    assert not pair_masks(["images/north/1.png", "masks/south/1.png"]).masks
    assert not pair_masks(["images/train/1.png", "masks/test/1.png"]).masks
    paths = ["images/a/1.png", "images/b/1.png", "masks/a/1.png", "masks/b/1.png"]
    assert pair_masks(paths).masks == {"images/a/1.png": "masks/a/1.png", "images/b/1.png": "masks/b/1.png"}


def test_fields_of_view_are_told_from_masks_by_their_pixels(tmp_path):
    disc = np.hypot(*np.mgrid[-20:20, -24:24]) < 19
    for number in range(5):
        photo(tmp_path / f"images/{number}.png")
        mask(tmp_path / f"labels/{number}.png", shift=number)
        (tmp_path / "masks").mkdir(exist_ok=True)
        Image.fromarray((disc * 255).astype(np.uint8)).save(tmp_path / f"masks/{number}.png")
    table = read(tmp_path)
    assert table.rows["target"].to_list() == [f"labels/{number}.png" for number in range(5)]
    assert any("masks/0.png, masks/1.png, and 3 more" in note for note in table.notes)


@pytest.mark.parametrize(
    ("image", "masked"),
    [
        ("x/{}.jpg", "y/{}.png"),
        ("train/cells/{}.png", "train/outlined/{}.png"),
        ("scans/{}.tif", "lesions/{}.tif"),
        ("2021/color/{}.jpg", "2021/b/{}.bmp"),
        ("pictures/{}.jpg", "drawn/{}.jpg"),
        ("A/{}.png", "B/{}.gif"),
    ],
)
def test_masks_are_recognised_by_their_pixels(tmp_path, image, masked):
    for number in range(5):
        photo(tmp_path / image.format(number))
        mask(tmp_path / masked.format(number), shift=number)
    table = read(tmp_path)
    assert table.target.kind is MASKS and len(table) == 5 and table.target.names == ("background", "foreground")
    assert any("is read as masks, by its pixels and names" in note for note in table.notes)


def test_masks_of_two_folders_of_images_are_a_question(tmp_path):
    for number in range(4):
        photo(tmp_path / f"a/{number}.jpg")
        photo(tmp_path / f"b/{number}.jpg")
        mask(tmp_path / f"c/{number}.png", shift=number)
    with pytest.raises(DataError, match=r"the mask c/0.png fits the images a/0.jpg and b/0.jpg"):
        read(tmp_path)


def test_masks_and_boxes_are_chosen_by_task(tmp_path):
    for number in range(4):
        photo(tmp_path / f"JPEGImages/{number}.jpg")
        mask(tmp_path / f"SegmentationClass/{number}.png", 1)
        (tmp_path / "Annotations").mkdir(exist_ok=True)
        (tmp_path / f"Annotations/{number}.xml").write_text(
            f"<annotation><filename>{number}.jpg</filename><object><name>cat</name><bndbox><xmin>2</xmin><ymin>3</ymin>"
            "<xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>"
        )
    with pytest.raises(DataError, match="choose with --task detect or segment, name a folder below"):
        read(tmp_path)
    assert len(read(tmp_path, MASKS)) == 4


def drawing(path, seed):
    """A smooth grey blob on black, as a digit: few large areas, many values."""
    y, x = np.mgrid[-14:14, -14:14]
    values = 255 * np.exp(-((x - seed % 5) ** 2 + (y + seed % 3) ** 2) / 30)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint8)).save(path)


@pytest.mark.parametrize("write", [photo, drawing, mask], ids=["photographs", "drawings", "symbols"])
def test_class_folders_with_the_same_names_stay_classes(tmp_path, write):
    for label in ("cat", "dog"):
        for number in range(6):
            if write is drawing:
                drawing(tmp_path / f"{label}/{number}.png", number)
            else:
                write(tmp_path / f"{label}/{number}.png")
    assert read(tmp_path).target.names == ("cat", "dog")


@pytest.mark.parametrize("names", [("with_mask", "without_mask"), ("mask", "no_mask"), ("mask", "normal")])
def test_classes_called_mask_stay_classes(tmp_path, names):
    for label in names:
        for number in range(4):
            photo(tmp_path / f"{label}/{number}.jpg")
    assert read(tmp_path).target.names == tuple(sorted(names))


@pytest.mark.parametrize(
    ("image", "masked"),
    [
        ("images/{}.jpg", "masks/m{}x.png"),
        ("train/img/{}.jpg", "train/gt/{}0.png"),
        ("JPEGImages/{}.jpg", "labels/q{}q.png"),
    ],
)
def test_masks_without_images_are_no_classes(tmp_path, image, masked):
    for number in range(3):
        photo(tmp_path / image.format(number))
        mask(tmp_path / masked.format(f"{number}{chr(97 + number)}"))
    with pytest.raises(DataError, match="none with the name of an image") as error:
        read(tmp_path)
    assert "\n" not in str(error.value)


def test_classes_are_read_without_their_masks(tmp_path):
    for label in ("ill", "well"):
        for number in range(4):
            photo(tmp_path / f"{label}/images/{label}-{number}.png")
            mask(tmp_path / f"{label}/masks/{label}-{number}.png", shift=number)
    assert read(tmp_path).target.kind is MASKS
    table = read(tmp_path, CLASSES)
    assert len(table) == 8 and table.target.names == ("ill", "well")
    assert any(note.startswith("8 masks left out") for note in table.notes)
