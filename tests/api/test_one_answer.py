"""One image has one answer, whichever way it is asked for."""

import io

import numpy as np
import pytest
from PIL import Image

from opsin import api


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures larger than the model's, in colour and grey, upright and turned, as JPEG and PNG, by class."""
    folder, generator = tmp_path_factory.mktemp("photos"), np.random.default_rng(4)
    for number, name in enumerate(("blue", "green", "red") * 2):
        (folder / name).mkdir(exist_ok=True)
        small = Image.fromarray(generator.integers(0, 256, (6, 5, 3), np.uint8))
        large = small.resize((150, 200), Image.Resampling.BICUBIC)
        exif = large.getexif()
        exif[0x0112] = 6 if number == 4 else 1
        large.save(folder / name / f"{number}.jpg", quality=90, exif=exif.tobytes())
        large.convert("L").save(folder / name / f"{number}.png")
    return folder


def test_predict_evaluate_and_files_agree(run, photos):
    model = api.load(run[0].model, "cpu")
    paths = sorted(path for path in photos.rglob("*.*"))
    from_files = api.predict_files(model, paths)
    from_model = model.predict(paths)
    found = api.evaluate(model, photos).predictions
    place = {name: row for row, name in enumerate(found.ids)}
    answers = model.task.probabilities(found.predictions)
    for path, one, other in zip(paths, from_files, from_model, strict=True):
        probabilities = answers[place[path.relative_to(photos).as_posix()]]
        for index, name in enumerate(model.task.names):
            assert one[f"p_{name}"] == pytest.approx(other[f"p_{name}"], abs=1e-3)
            assert one[f"p_{name}"] == pytest.approx(probabilities[index], abs=1e-3)
        assert one["label"] == other["label"]


def test_path_bytes_picture_and_array_agree(run, photos):
    model = api.load(run[0].model, "cpu")
    path = photos / "red" / "2.png"
    content, picture = path.read_bytes(), Image.open(path)
    pixels = np.asarray(picture)
    forms = [
        path, str(path), content, picture, pixels, pixels[:, :, None], pixels[None], pixels.astype(np.float32) / 255,
        picture.convert("RGB"), np.repeat(pixels[:, :, None], 3, 2), np.repeat(pixels[None], 3, 0),
        picture.convert("LA"),
    ]  # fmt: skip
    first, *others = (model.predict(form)[0] for form in forms)
    for other in others:
        assert other["confidence"] == pytest.approx(first["confidence"], abs=2e-3) and other["label"] == first["label"]


def test_colour_is_seen_as_grey_by_a_grey_model(draw, tmp_path):
    images = np.stack([np.asarray(draw("red", i).convert("L")) for i in range(12)])
    done = api.train((images, ["a", "b"] * 6), model="simple", epochs=1, out=tmp_path / "run", device="cpu")
    model = api.load(done.model, "cpu")
    assert model.preprocessing.channels == 1
    colour = draw("blue", 3)
    file = io.BytesIO()
    colour.save(file, "png")
    asked = [colour, np.asarray(colour), file.getvalue(), colour.convert("L"), np.asarray(colour.convert("L"))]
    confidences = [model.predict(image)[0]["confidence"] for image in asked]
    assert confidences == pytest.approx([confidences[0]] * 5, abs=1e-4)
