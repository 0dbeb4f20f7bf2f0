import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import INSTANCES, MASKS, FileImages
from opsin.data.formats.masks.class_names import class_names_of
from opsin.data.formats.masks.encoding import MaskEncoding, dense_encoding
from opsin.data.formats.masks.mask_files import FileMasks, infer_mask_meaning, instances_from_ids, mask_table
from opsin.data.formats.masks.pixel_values import IndexedMask
from opsin.data.formats.masks.value_statistics import MaskStatistics

IDS = np.array([[0, 1, 1], [2, 2, 0]], np.uint8)


def folder_of(tmp_path, *masks):
    for place, mask in enumerate(masks):
        Image.fromarray(mask).save(tmp_path / f"{place}.png")
    return FileImages(tmp_path), {f"image{place}": f"{place}.png" for place in range(len(masks))}


def test_classes(tmp_path):
    files, paths = folder_of(tmp_path, IDS, IDS * 2)
    masks = FileMasks(files, paths, dense_encoding({0: "a", 1: "b", 2: "c"}, "grey"))
    np.testing.assert_array_equal(masks.read("image0"), IDS)
    with pytest.raises(DataError, match=r"^has a mask 1.png that has the value 4 in 2 pixels. Expected 0, 1, 2"):
        masks.read("image1")
    for ask in (masks.read, masks.stamp):
        with pytest.raises(DataError, match=r"^is not among the images with masks"):
            ask("other")


def test_stamps_change_with_file_and_meaning(tmp_path):
    files, paths = folder_of(tmp_path, IDS)
    codings = [
        None,
        dense_encoding({0: "a", 1: "b", 2: "c"}, "grey"),
        dense_encoding({0: "a", 1: "b", 2: "void"}, "grey"),
    ]
    stamps = {FileMasks(files, paths, encoding).stamp("image0") for encoding in codings}
    Image.fromarray(IDS[:1]).save(tmp_path / "0.png")
    assert FileMasks(files, paths, None).stamp("image0") not in stamps and len(stamps) == 3
    (tmp_path / "0.png").unlink()
    with pytest.raises(DataError, match=r"^cannot be read: no such file"):
        FileMasks(files, paths, None).stamp("image0")


def test_object_ids_become_instances_without_gaps():
    raw = IndexedMask(np.array([[0, 300, 7], [7, 0, 65000]], np.int32), "grey")
    assert (
        instances_from_ids(raw).tolist() == [[0, 512, 256], [256, 0, 768]] and instances_from_ids(raw).dtype == np.int32
    )
    assert instances_from_ids(IndexedMask(np.array([[9, 9]], np.uint8), "grey")).tolist() == [[256, 256]]
    with pytest.raises(DataError, match="is a JPEG"):
        instances_from_ids(IndexedMask(IDS, "grey", lossy=True))


def test_meaning(tmp_path):
    files, paths = folder_of(tmp_path, IDS, IDS)
    encoding, notes = infer_mask_meaning(files, paths, None, None)
    assert isinstance(encoding, MaskEncoding) and not notes
    objects, notes = infer_mask_meaning(files, paths, None, INSTANCES)
    assert isinstance(objects, MaskStatistics) and "read as object ids" in notes[0]
    named, _ = infer_mask_meaning(files, paths, class_names_of(["x", "y", "z"], "c"), None)
    assert named.names == ("x", "y", "z")


def test_object_ids_are_inferred(tmp_path):
    cells = [(np.arange(400).reshape(20, 20) // 10 % (most + 1)).astype(np.uint16) for most in (9, 14, 25)]
    files, paths = folder_of(tmp_path, *cells)
    meaning, notes = infer_mask_meaning(files, paths, None, None)
    assert isinstance(meaning, MaskStatistics) and "object ids; set the task to segment" in notes[0]
    assert isinstance(infer_mask_meaning(files, paths, None, MASKS)[0], MaskEncoding)


def test_binary_masks_are_not_object_ids(tmp_path):
    with pytest.raises(DataError, match="do not distinguish objects"):
        infer_mask_meaning(*folder_of(tmp_path, (IDS > 0) * np.uint8(255)), None, INSTANCES)


def test_broken_masks_are_noted(tmp_path):
    files, paths = folder_of(tmp_path, IDS, IDS)
    (tmp_path / "0.png").write_bytes(b"")
    assert infer_mask_meaning(files, paths, None, None)[1] == [
        "1 mask cannot be read: 0.png is empty (0 bytes). Expected a mask"
    ]


def test_table(tmp_path):
    files, paths = folder_of(tmp_path, IDS, IDS)
    table = mask_table(
        files, paths, ["train", None], "here", dense_encoding({0: "a", 1: "b", 2: "void"}, "grey"), ["n"]
    )
    assert table.target.kind is MASKS and table.target.names == ("a", "b")
    assert table.rows["split"].to_list() == ["train", None] and table.notes[0] == "n" and len(table.notes) == 2
    table = mask_table(files, paths, [None, None], "here", MaskStatistics(2, {}, "grey"), [])
    assert table.target.kind is INSTANCES and table.masks.read("image0").max() == 512
