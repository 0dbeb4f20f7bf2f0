from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from opsin.data.formats.masks.mask_folders import match_mask_folders
from opsin.data.formats.scan import scan
from opsin.predict import predict_files
from opsin.predict.folders import ids_of, unique_names, write_errors
from opsin.tasks import target_kind


@pytest.fixture
def pictures(tmp_path: Path, spots) -> list[Path]:
    """Five pictures of spots in two folders, two of one name, and one that is broken."""
    folder = tmp_path / "images"
    (folder / "more").mkdir(parents=True)
    for number, name in enumerate(("0.png", "0.bmp", "1.png", "more/0.png", "more/2.png")):
        Image.fromarray(spots(40, 48, number)[..., 0]).save(folder / name)
    (folder / "broken.png").write_text("no image")
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def white(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)) > 0


def masks_of(output: Path, pictures: list[Path]) -> dict[Path, np.ndarray]:
    names = {path.name if "more" not in path.parts else f"more/{path.name}": path for path in pictures}
    files = {"0.png": "0-png.png", "0.bmp": "0-bmp.png", "1.png": "1.png"}
    files |= {name: name for name in ("more/0.png", "more/2.png")}
    found = {str(path.relative_to(output / "masks")) for path in (output / "masks").rglob("*.png")}
    assert found == set(files.values())
    overlays = {str(path.relative_to(output / "overlays")) for path in (output / "overlays").rglob("*.jpg")}
    assert overlays == {name.replace(".png", ".jpg") for name in files.values()}
    return {names[name]: np.asarray(Image.open(output / "masks" / file)) for name, file in files.items()}


def test_masks_are_written_at_the_size_of_their_images(make_placed, pictures: list[Path], tmp_path: Path):
    said: list[str] = []
    assert predict_files(make_placed("segment"), pictures, tmp_path / "out", tiles=True, say=said.append) == []
    for path, mask in masks_of(tmp_path / "out", pictures).items():
        np.testing.assert_array_equal(mask, white(path))
    assert (tmp_path / "out" / "classes.txt").read_text() == "background\nspot\n"
    errors = pl.read_csv(tmp_path / "out" / "errors.csv").rows()
    assert [path for path, _ in errors] == [str(tmp_path / "images" / "broken.png")]
    line = f"1 of 6 images could not be read: see {tmp_path / 'out' / 'errors.csv'}"
    assert said == [line]
    predict_files(make_placed("segment"), pictures, tmp_path / "out", tiles=True, say=said.append)
    assert said == [line, line]


def test_objects_are_written_with_a_row_each(make_placed, pictures: list[Path], tmp_path: Path):
    predict_files(make_placed("instances"), pictures, f"{tmp_path}/out.1/", tiles=True)
    output = tmp_path / "out.1"
    rows = pl.read_csv(output / "objects.csv")
    for path, mask in masks_of(output, pictures).items():
        np.testing.assert_array_equal(mask > 0, white(path))
        assert mask.dtype == np.uint16
        of_image = rows.filter(pl.col("path") == str(path))
        assert of_image["object"].to_list() == list(range(1, int(mask.max()) + 1))
        for row in of_image.to_dicts():
            where = np.argwhere(mask == row["object"])
            assert row["area"] == len(where)
            assert (row["centre_y"], row["centre_x"]) == tuple((where.mean(0) + 0.5).round(2))
            assert [row["ymin"], row["xmin"]] == where.min(0).tolist()
            assert [row["ymax"], row["xmax"]] == (where.max(0) + 1).tolist()
    assert "error" not in rows.columns
    assert len(pl.read_csv(output / "errors.csv")) == 1


@pytest.mark.parametrize("name", ["segment", "instances"])
def test_what_is_written_can_be_trained_on(make_placed, spots, tmp_path: Path, name: str):
    (tmp_path / "images").mkdir()
    paths = [tmp_path / "images" / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        Image.fromarray(spots(32, 32, number)[..., 0]).save(path)
    model = make_placed(name)
    predict_files(model, paths, tmp_path / "out")
    (tmp_path / "images").rename(tmp_path / "out" / "images")
    (way,), _ = match_mask_folders(scan(tmp_path / "out"))
    table = way.read(str(tmp_path / "out"), target_kind(name))
    assert table.masks is not None and len(table) == 3
    if name == "segment":
        assert table.target.names == model.task.names
    for id in table.rows["id"]:
        (answer,) = model.predict_images([model.load_image(tmp_path / "out" / id)])
        np.testing.assert_array_equal(table.masks.read(id), answer[..., 0])


def test_no_images_make_a_folder_of_nothing(make_placed, tmp_path: Path):
    predict_files(make_placed("instances"), [], tmp_path / "out")
    assert (tmp_path / "out" / "objects.csv").read_text().startswith("path,object,label")
    assert not (tmp_path / "out" / "errors.csv").exists()


def test_a_name_is_what_follows_the_folder_of_all():
    assert ids_of([]) == {}
    assert list(ids_of([Path("/a/b/1.png")]).values()) == ["1.png"]
    assert list(ids_of([Path("/a/b/1.png"), Path("/a/2.png")]).values()) == ["b/1.png", "2.png"]
    assert list(ids_of([Path("x/1.png"), Path("/2.png")]).values()) == [str(Path("x/1.png").absolute())[1:], "2.png"]


def test_names_that_differ_in_their_ending_alone_are_kept_apart():
    ids = {Path(name): name for name in ("d/a.png", "d/a.jpg", "a.png")}
    assert list(unique_names(ids).values()) == ["d/a-png.png", "d/a-jpg.jpg", "a.png"]


def test_errors_that_are_gone_leave_no_file(tmp_path: Path):
    write_errors(tmp_path / "e.csv", [("a, b", "is empty")])
    assert pl.read_csv(tmp_path / "e.csv").rows() == [("a, b", "is empty")]
    write_errors(tmp_path / "e.csv", [])
    assert not (tmp_path / "e.csv").exists()
