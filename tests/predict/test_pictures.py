import numpy as np
import pytest
from PIL import Image

from opsin.core import OpsinError
from opsin.predict import predict_files
from opsin.predict.inputs import LoadedImage
from opsin.predict.pictures import annotate
from opsin.tasks import Classify, Detect, MultiLabel, Regress


@pytest.mark.parametrize("output", [None, "o.csv"])
def test_each_readable_image_has_a_picture(model, images, tmp_path, output):
    arguments = (model, images, None if output is None else tmp_path / output)
    predict_files(*arguments, save=tmp_path / "drawn")
    names = {path.name for path in (tmp_path / "drawn").iterdir()}
    assert names == {f"{number}.jpg" for number in range(10)}
    picture = np.asarray(Image.open(tmp_path / "drawn" / "3.jpg"))
    assert picture.shape[1] == 320 and picture[:15, :80].max() > 200  # white text in the strip


def test_pictures_are_added_to_a_finished_table(model, images, tmp_path):
    predict_files(model, images, tmp_path / "o.csv")
    before = (tmp_path / "o.csv").read_text()
    predict_files(model, images, tmp_path / "o.csv", save=tmp_path / "drawn")
    assert len(list((tmp_path / "drawn").iterdir())) == 10
    assert (tmp_path / "o.csv").read_text() == before


def test_an_image_that_is_no_file_is_named_by_its_url(model, images, tmp_path):
    content = next(path for path in images if path.name == "0.png").read_bytes()
    rows = predict_files(model, [LoadedImage("https://example.org/a/my%20cat.png?x=1", content)], save=tmp_path / "d")
    assert rows[0]["path"] == "https://example.org/a/my%20cat.png?x=1" and rows[0]["error"] is None
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["my_20cat.jpg"]


@pytest.mark.parametrize(
    ("task", "prediction"),
    [
        (Classify(("a", "b")), np.array([3.0, 0.0], np.float32)),
        (MultiLabel(("a", "b")), np.array([-9.0, -9.0], np.float32)),
        (Regress(("x", "y"), (0.0, 0.0), (1.0, 1.0)), np.array([1.5, 2.5], np.float32)),
        (Detect(("a",)), np.array([[1, 1, 6, 6, 0, 0.9]], np.float32)),
    ],
)
def test_every_task_is_drawn_in_colour(task, prediction):
    pixels = np.full((24, 24, 1), 90, np.uint8)
    drawn = annotate(task, pixels, prediction)
    assert drawn.dtype == np.uint8 and drawn.shape[2] == 3 and len(np.unique(drawn)) > 2


def test_a_file_is_no_folder(model, images, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OpsinError, match="it is a file"):
        predict_files(model, images, save=tmp_path / "file")
