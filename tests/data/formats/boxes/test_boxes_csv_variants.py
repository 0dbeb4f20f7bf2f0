"""Tables of boxes as tools write them: every variant must give the boxes of the plain table."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from opsin.core import DataError
from opsin.data import BOXES, CLASSES, read

BOX = [10, 20, 40, 35]
HEIGHT, WIDTH = 60, 80


def pictures(folder: Path, names) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (WIDTH, HEIGHT)).save(folder / name)


def write(path: Path, text: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())


def check(table, number=4, names=("cat", "dog")) -> None:
    assert table.target.kind is BOXES and table.target.names == names and len(table) == number
    for index, boxes in enumerate(table.targets()):
        np.testing.assert_allclose(boxes[:, :5], [[*BOX, index % len(names)]], atol=1e-2)


def rows(template: str, number=4) -> str:
    return "".join(template.format(i=i, c=("cat", "dog")[i % 2], n=i % 2) + "\n" for i in range(number))


HEADERS = {
    "tensorflow": ("filename,width,height,class,xmin,ymin,xmax,ymax", "{i}.jpg,80,60,{c},10,20,40,35"),
    "plural": ("image_names,cell_type,xmin,ymin,xmax,ymax", "{i}.jpg,{c},10,20,40,35"),
    "plural of all": ("filenames,labels,xmins,ymins,xmaxs,ymaxs", "{i}.jpg,{c},10,20,40,35"),
    "another order": ("image_names,cell_type,xmin,xmax,ymin,ymax", "{i}.jpg,{c},10,40,20,35"),
    "camel case": ("imagePath,xMin,yMin,xMax,yMax,className", "{i}.jpg,10,20,40,35,{c}"),
    "spaces": ("File Name, X Min, Y Min, X Max, Y Max, Label", "{i}.jpg, 10, 20, 40, 35, {c}"),
    "retinanet": ("image_path,x1,y1,x2,y2,class_name", "images/{i}.jpg,10,20,40,35,{c}"),
    "sides": ("image,left,top,right,bottom,category", "{i},10,20,40,35,{c}"),
    "from 0": ("image_id,x0,y0,x1,y1,label", "{i},10,20,40,35,{c}"),
    "prefix": ("image,bbox_xmin,bbox_ymin,bbox_xmax,bbox_ymax,label", "{i}.jpg,10,20,40,35,{c}"),
    "extent": ("image,x,y,w,h,label", "{i}.jpg,10,20,30,15,{c}"),
    "extent in words": ("image,x,y,width,height,label", "{i}.jpg,10,20,30,15,{c}"),
    "extent with sizes": (
        "label,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height",
        "{c},10,20,30,15,{i}.jpg,80,60",
    ),
    "centre": ("image,x_center,y_center,width,height,label", "{i}.jpg,25,27.5,30,15,{c}"),
    "relative centre": ("image,x_center,y_center,width,height,label", "{i}.jpg,0.3125,0.458333,0.375,0.25,{c}"),
    "a cell of numbers": ("image_id,width,height,bbox,source", '{i},80,60,"[10.0, 20.0, 30.0, 15.0]",{c}'),
    "open images": (
        "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside",
        "{i},xclick,{c},1,0.125,0.5,0.333333,0.583333,0,0,0,0,0",
    ),
    "relative": ("path,xmin,ymin,xmax,ymax,label", "images/{i}.jpg,0.125,0.333333,0.5,0.583333,{c}"),
    "semicolons and commas": ("path;xmin;ymin;xmax;ymax;label", "{i}.jpg;10,0;20,0;40,0;35,0;{c}"),
    "tabs": ("path\txmin\tymin\txmax\tymax\tlabel", "{i}.jpg\t10\t20\t40\t35\t{c}"),
    "index column": (",path,xmin,ymin,xmax,ymax,label", "{i},{i}.jpg,10,20,40,35,{c}"),
    "foreign paths": ("path,xmin,ymin,xmax,ymax,label", "C:\\data\\pets\\{i}.JPG,10,20,40,35,{c}"),
    "addresses": ("url,xmin,ymin,xmax,ymax,label", "https://host/x/{i}.jpg?t=1,10,20,40,35,{c}"),
}
BARE = {
    "retinanet": "images/{i}.jpg,10,20,40,35,{c}",
    "foreign": "/home/me/x/{i}.jpg,10,20,40,35,{c}",
    "label first": "{i}.jpg,{c},10,20,40,35",
    "tensorflow": "{i}.jpg,80,60,{c},10,20,40,35",
    "makesense": "{c},10,20,30,15,{i}.jpg,80,60",
    "automl": ",gs://bucket/{i}.jpg,{c},0.125,0.333333,,,0.5,0.583333,,",
    "automl of a split": "TRAIN,gs://bucket/{i}.jpg,{c},0.125,0.333333,,,0.5,0.583333,,",
    "automl of all corners": "UNASSIGNED,gs://b/{i}.jpg,{c},.125,.333333,.5,.333333,.5,.583333,.125,.583333",
}


@pytest.mark.parametrize("style", HEADERS)
def test_headers(tmp_path, style):
    header, row = HEADERS[style]
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    write(tmp_path / "boxes.csv", f"{header}\n{rows(row)}")
    check(read(tmp_path))
    check(read(tmp_path / "boxes.csv"))


@pytest.mark.parametrize("style", BARE)
def test_without_a_header(tmp_path, style):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    write(tmp_path / "boxes.csv", rows(BARE[style]))
    check(read(tmp_path))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(tmp_path, encoding):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    text = "path,xmin,ymin,xmax,ymax,label\r\n" + rows("{i}.jpg,10,20,40,35,chât").replace("\n", "\r\n")
    write(tmp_path / "boxes.csv", text.encode(encoding))
    check(read(tmp_path), names=("chât",))


def test_a_negative_image_and_a_number_as_class_without_a_header(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(5)])
    write(tmp_path / "boxes.csv", "4.jpg,,,,,\n" + rows("{i}.jpg,10,20,40,35,{n}"))
    table = read(tmp_path)
    assert table.target.names == ("0", "1") and [len(boxes) for boxes in table.targets()] == [1, 1, 1, 1, 0]


TF = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
LAYOUTS = {
    "two files": ("{s}_labels.csv", "images/{s}/"),
    "two files beside a folder": ("data/{s}_labels.csv", "images/"),
    "roboflow": ("{s}/_annotations.csv", "{s}/"),
    "annotations of each split": ("{s}/annotations.csv", "{s}/images/"),
    "open images": ("{s}-annotations-bbox.csv", "{s}/"),
    "names alone": ("{s}.csv", "photos/"),
    "in a folder": ("annotations/{s}.csv", "images/{s}/"),
    "parts": ("{s}_1.csv", "images/"),
}


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("splits", [("train", "test"), ("train", "valid", "test"), ("train", "validation")])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_file_per_split(tmp_path, layout, splits, header):
    file, images = LAYOUTS[layout]
    for split in splits:
        pictures(tmp_path, [f"{images.format(s=split)}{split}{i}.jpg" for i in range(4)])
        text = rows(f"{split}{{i}}.jpg,80,60,{{c}},10,20,40,35")
        write(tmp_path / file.format(s=split), TF + text if header else text)
    table = read(tmp_path)
    check(table, 4 * len(splits))
    for id, split in zip(table.rows["id"], table.rows["split"], strict=True):
        assert id.rpartition("/")[2].startswith({"train": "train", "valid": "val", "test": "test"}[split])


@pytest.mark.parametrize("layout", [("{}/_annotations.csv", "{}/"), ("{}_labels.csv", "images/{}/")])
def test_equal_names_in_each_split(tmp_path, layout):
    file, images = layout
    for turn, split in enumerate(("train", "test")):
        pictures(tmp_path, [f"{images.format(split)}{i}.jpg" for i in range(3)])
        text = "".join(f"{i}.jpg,80,60,cat,{turn},20,40,35\n" for i in range(3))
        write(tmp_path / file.format(split), TF + text)
    table = read(tmp_path)
    assert len(table) == 6
    for split, boxes in zip(table.rows["split"], table.targets(), strict=True):
        assert boxes[0, 0] == (0 if split == "train" else 1)


def test_a_file_of_all_boxes_beside_those_of_the_splits_is_not_read_twice(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(6)])
    text = [f"{i}.jpg,80,60,{('cat', 'dog')[i % 2]},10,20,40,35\n" for i in range(6)]
    for name, part in (("all", text), ("train", text[:4]), ("test", text[4:])):
        write(tmp_path / f"{name}_labels.csv", TF + "".join(part))
    table = read(tmp_path)
    check(table, 6)
    assert table.rows["split"].to_list() == ["train"] * 4 + ["test"] * 2


def test_an_image_in_two_splits_stays_in_the_first(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    for split in ("train", "test"):
        write(tmp_path / f"{split}.csv", TF + rows("{i}.jpg,80,60,{c},10,20,40,35"))
    table = read(tmp_path)
    check(table)
    assert any("4 images listed in several splits, used in the first" in note for note in table.notes)


@pytest.mark.parametrize("text", ["LabelName,DisplayName\n/m/01,cat\n/m/02,dog\n/m/03,cow\n", "/m/01,cat\n/m/02,dog\n"])
def test_display_names_of_open_images(tmp_path, text):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    write(tmp_path / "class-descriptions-boxable.csv", text)
    header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsGroupOf\n"
    body = "".join(f"{i},x,/m/0{1 + i % 2},1,.125,.5,.333333,.583333,{i // 3}\n" for i in range(4))
    write(tmp_path / "train-annotations-bbox.csv", header + body)
    table = read(tmp_path)
    check(table)
    assert [boxes[0, 5] for boxes in table.targets()] == [0, 0, 0, 1]


def test_class_ids_with_a_file_of_classes(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    write(tmp_path / "annotations.csv", rows("images/{i}.jpg,10,20,40,35,{n}"))
    write(tmp_path / "classes.csv", "cat,0\ndog,1\n")
    check(read(tmp_path))


@pytest.mark.parametrize("cell", ["[10 20 40 35]", "10, 20, 40, 35", "(10.0, 20.0, 40.0, 35.0)"])
def test_cells_of_corners_are_recognised_where_extents_would_exceed_an_image(tmp_path, cell):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(5)])
    text = (
        "image_id,width,height,bbox,label\n" + rows(f'{{i}},80,60,"{cell}",{{c}}') + '4,80,60,"[50, 40, 80, 60]",cat\n'
    )
    write(tmp_path / "boxes.csv", text)
    table = read(tmp_path)
    assert [boxes[0, :4].tolist() for boxes in table.targets()] == [BOX] * 4 + [[50, 40, 80, 60]]


def test_sizes_in_the_table_scale_boxes_of_resized_images(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(4)])
    write(tmp_path / "boxes.csv", TF + rows("{i}.jpg,160,120,{c},20,40,80,70"))
    table = read(tmp_path)
    check(table)
    assert any("4 images of another size than annotated" in note for note in table.notes)


def test_images_next_to_the_folder_of_the_table(tmp_path):
    pictures(tmp_path, [f"set/images/{i}.jpg" for i in range(4)] + [f"other/images/{i}.jpg" for i in range(4)])
    write(tmp_path / "set/annotations/boxes.csv", TF + rows("{i}.jpg,80,60,{c},10,20,40,35"))
    table = read(tmp_path / "set/annotations/boxes.csv")
    check(table)
    assert any("images taken from images, next to the folder annotations" in note for note in table.notes)


def test_images_of_a_data_set_next_door_are_not_taken(tmp_path):
    pictures(tmp_path, [f"other/images/{i}.jpg" for i in range(4)])
    write(tmp_path / "mine/boxes.csv", TF + rows("{i}.jpg,80,60,{c},10,20,40,35"))
    with pytest.raises(DataError, match="may be of another data set"):
        read(tmp_path / "mine/boxes.csv")


def test_tables_of_labels_are_not_boxes(tmp_path):
    pictures(tmp_path, [f"images/{i}.jpg" for i in range(8)])
    header = "Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path\n"
    write(tmp_path / "signs.csv", header + "".join(f"80,60,5,5,55,50,{i % 2},images/{i}.jpg\n" for i in range(8)))
    assert read(tmp_path).target.kind is CLASSES
