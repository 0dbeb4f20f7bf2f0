from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from opsin.core import DataError, ModelFileError, NetworkError, choose_precision
from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Dense, Flatten, Sequential
from opsin.tasks import Classify, Regress

CLOSE = 1e-5 if choose_precision(torch.device("cpu")) == torch.float32 else 3e-2


def pixels_for(model: Model, count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *model.preprocessing.size), np.uint8)


def test_predict_batch_is_the_network_on_normalised_pixels(make_model):
    model = make_model()
    pixels = pixels_for(model, 7)
    mean, std = np.array(model.preprocessing.mean), np.array(model.preprocessing.std)
    images = torch.from_numpy(((pixels / 255 - mean) / std).astype(np.float32)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        expected = model.network.eval().logits(images).numpy()
    predictions = model.predict_batch(pixels, batch_size=3)
    assert predictions.dtype == np.float32
    assert np.ptp(expected, 0).max() > 0.1
    np.testing.assert_allclose(predictions, expected, atol=CLOSE * np.abs(expected).max())


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 9), batch=st.integers(1, 10))
def test_any_count_and_batch_size(count: int, batch: int):
    network = Sequential([Flatten(), Dense(2)], input_shape=(4, 4, 1), seed=0)
    model = Model(
        network, Regress(("a", "b"), (0.0, 0.0), (1.0, 1.0)), ImagePreprocessing(4, 4, 1, (0.5,), (0.5,)), "hflip"
    )
    pixels = pixels_for(model, count)
    predictions = model.predict_batch(pixels, batch_size=batch)
    assert predictions.shape == (count, 2)
    np.testing.assert_allclose(predictions, model.predict_batch(pixels), atol=CLOSE)


def test_predict_batch_reads_a_read_only_map_and_leaves_it(model: Model, tmp_path: Path, recwarn):
    pixels = pixels_for(model, 5)
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    np.testing.assert_array_equal(model.predict_batch(mapped), model.predict_batch(pixels))
    np.testing.assert_array_equal(model.predict_batch(mapped[::-1]), model.predict_batch(pixels[::-1]))
    np.testing.assert_array_equal(mapped, pixels)
    assert not recwarn.list


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 8, 8, 1), np.uint8), np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8)]
)
def test_predict_batch_names_wrong_arrays(model: Model, bad: np.ndarray):
    with pytest.raises(DataError, match="Expected uint8"):
        model.predict_batch(bad)


def test_each_part_keeps_its_training_mode(model: Model):
    model.network.train()
    frozen = next(m for m in model.network.modules() if isinstance(m, torch.nn.BatchNorm2d)).eval()
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    model.predict_batch(pixels_for(model, 3))
    assert model.network.training and not frozen.training
    assert all(torch.equal(before[name], value) for name, value in model.network.state_dict().items())


@pytest.mark.parametrize("tta", ["hflip", "hflip_shift"])
def test_views_answer_for_a_mirrored_image_alike(make_model, tta: str):
    model = make_model(tta)
    pixels = pixels_for(model, 4)
    if tta == "hflip":
        np.testing.assert_allclose(model.predict_batch(pixels), model.predict_batch(pixels[:, :, ::-1]), atol=CLOSE)
    assert np.abs(model.predict_batch(pixels) - make_model("none").predict_batch(pixels)).max() > 1e-3


def test_predict_takes_every_kind_of_image(model: Model, tmp_path: Path):
    picture = Image.fromarray(pixels_for(model, 1)[0])
    path = tmp_path / "a.png"
    picture.save(path)
    kinds = [path, str(path), path.read_bytes(), picture, np.asarray(picture), np.asarray(picture)[None]]
    answers = [model.predict(kind) for kind in kinds]
    assert all(answer == answers[0] for answer in answers)
    answer = answers[0][0]
    assert list(answer) == ["label", "confidence", "p_cat", "p_dog", "p_eel"]
    assert type(answer["label"]) is str and type(answer["confidence"]) is float
    assert answer["confidence"] == max(answer[f"p_{name}"] for name in model.task.names)


def test_predict_of_many_keeps_order_and_names_the_bad_one(model: Model):
    pixels = pixels_for(model, 6)
    many = model.predict(list(pixels))
    assert [answer["p_cat"] for answer in many] == pytest.approx(
        [model.predict(image)[0]["p_cat"] for image in pixels], rel=CLOSE
    )
    assert model.predict([]) == []
    with pytest.raises(DataError, match=r"nowhere.png cannot be read"):
        model.predict([pixels[0], "nowhere.png"])
    with pytest.raises(DataError, match="image 1 is not an image"):
        model.predict([pixels[0], b"text"])


def test_batches_shrink_with_large_maps():
    wide = Sequential([Flatten(), Dense(2)], input_shape=(1024, 1024, 3), seed=0)
    model = Model(wide, Classify(("a", "b")), ImagePreprocessing(1024, 1024, 3, (0.5,) * 3, (0.2,) * 3))
    assert model.max_batch_size == 2**26 // (3 * 1024 * 1024)


def test_fingerprint_tells_models_apart(make_model):
    one = make_model()
    assert one.fingerprint == make_model().fingerprint
    others = [make_model("hflip"), make_model(seed=1), make_model(size=(9, 8, 3))]
    warmer = make_model()
    warmer.task = Classify(warmer.task.names, temperature=2.0)
    assert len({model.fingerprint for model in (one, *others, warmer)}) == 5


def test_parts_that_do_not_fit_are_refused(model: Model):
    with pytest.raises(NetworkError, match="Expected"):
        Model(model.network, Classify(("a", "b")), model.preprocessing)
    with pytest.raises(NetworkError, match="Expected"):
        Model(model.network, model.task, ImagePreprocessing(9, 8, 3, (0.5,) * 3, (0.2,) * 3))
    with pytest.raises(ModelFileError, match="tta"):
        Model(model.network, model.task, model.preprocessing, "many")
    line = Sequential([Flatten(), Dense(2)], input_shape=(1, 4, 1), seed=0)
    with pytest.raises(NetworkError, match="shift"):
        Model(line, Classify(("a", "b")), ImagePreprocessing(1, 4, 1, (0.5,), (0.2,)), "hflip_shift")
