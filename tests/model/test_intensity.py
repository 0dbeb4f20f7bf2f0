"""Deep images at prediction: one grey gives one prediction, whatever else is in the image and in whichever form."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from opsin import api
from opsin.data import ImagePreprocessing, Intensity
from opsin.model import Model, load
from opsin.nn import Dense, GlobalAveragePooling2D, Sequential
from opsin.predict import predict_files
from opsin.tasks import Regress

GREY, HIGH = 500, 4095


def mean_of(intensity: Intensity | None) -> Model:
    """A model whose prediction is the mean of the pixels it sees, 0 to 255."""
    network = Sequential([GlobalAveragePooling2D(), Dense(1)], input_shape=(4, 4, 1), seed=0)
    for value in network.state_dict().values():
        value.copy_(torch.full_like(value, 255.0 if value.ndim == 2 else 0.0))
    return Model(network, Regress(("target",), (0.0,), (1.0,)), ImagePreprocessing(4, 4, 1, (0.0,), (1.0,), intensity))


def image(brightest: int, dtype: type = np.uint16) -> np.ndarray:
    values = np.full((4, 4), GREY, dtype)
    values[0, 0] = brightest
    return values


def expected(brightest: int) -> float:
    return (15 * round(GREY * 255 / HIGH) + min(255, round(brightest * 255 / HIGH))) / 16


def png(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(params=["made", "loaded"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Model:
    made = mean_of(Intensity(HIGH))
    if request.param == "made":
        return made
    made.save(tmp_path / "model.safetensors")
    return load(tmp_path / "model.safetensors", "cpu")


@pytest.mark.parametrize("brightest", [GREY, 1000, 4095, 60000])
def test_path_bytes_picture_array_and_files_agree(model: Model, brightest: int, tmp_path: Path):
    values = image(brightest)
    paths = [tmp_path / "a.png", tmp_path / "b.tif", tmp_path / "c.tif"]
    for path, each in zip(paths, (values, values, values.astype(np.float32)), strict=True):
        Image.fromarray(each).save(path)
    forms = [*paths, png(values), Image.fromarray(values), values, values.astype(float), values.astype(np.int64)]
    predicted = [model.predict(form)[0]["target"] for form in forms]
    predicted += [row["target"] for row in predict_files(model, paths)]
    assert len(set(predicted)) == 1 and predicted[0] == pytest.approx(expected(brightest), rel=1e-2)  # bfloat16 or not


def test_evaluation_takes_the_scale_of_the_model_not_of_its_own_images(model: Model):
    images = np.stack([image(GREY), image(1000), image(60000)])
    found = api.evaluate(model, (images, [1.0, 2.0, 3.0])).predictions
    answers = model.task.values(found.predictions)[:, 0]
    assert answers == pytest.approx([expected(GREY), expected(1000), expected(60000)], rel=1e-2)


def test_two_scales_are_two_models():
    assert mean_of(Intensity(HIGH)).fingerprint != mean_of(Intensity(65535)).fingerprint != mean_of(None).fingerprint


def test_a_model_of_8_bits_takes_16_by_their_type():
    predicted = [mean_of(None).predict(image(brightest))[0]["target"] for brightest in (GREY, 60000)]
    assert predicted == pytest.approx([2, (15 * 2 + round(60000 * 255 / 65535)) / 16], rel=1e-2)


def test_overlays_show_the_pixels_that_the_model_saw(make_placed, tmp_path: Path):
    model = make_placed("segment", 32)
    model.preprocessing = ImagePreprocessing(32, 32, 1, (0.0,), (1.0,), Intensity(HIGH))
    Image.fromarray(np.full((32, 32), GREY, np.float32)).save(tmp_path / "counts.tif")
    predict_files(model, [tmp_path / "counts.tif"], tmp_path / "out")
    overlay = np.asarray(Image.open(tmp_path / "out" / "overlays" / "counts.jpg"))
    assert np.abs(overlay.astype(int) - 31).max() <= 4  # a JPEG, and no spot is found in so dark an image
