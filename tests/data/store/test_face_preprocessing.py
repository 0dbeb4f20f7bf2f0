import json

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from opsin.core import DataError
from opsin.data import Face, FacePreprocessing, ImagePreprocessing, Volume, letterbox, preprocessing_from_json
from opsin.data.store.face_preprocessing import TEMPLATE, similarity

FACES = FacePreprocessing((112, 112, 3), (0.5,) * 3, (0.25,) * 3)


def moved(points, angle, scale, shift):
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return points @ np.array([[cosine, sine], [-sine, cosine]]) + shift


@given(
    st.floats(-3, 3), st.floats(0.1, 8), st.tuples(st.floats(-99, 99), st.floats(-99, 99)), st.integers(0, 2**32 - 1)
)
def test_a_similarity_is_found_again(angle, scale, shift, seed):
    points = np.random.default_rng(seed).normal(0, 30, (5, 2))
    matrix = similarity(points, moved(points, angle, scale, shift))
    np.testing.assert_allclose(points @ matrix[:, :2].T + matrix[:, 2], moved(points, angle, scale, shift), atol=1e-6)
    assert np.isclose(np.sqrt(np.linalg.det(matrix[:, :2])), scale)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_no_other_similarity_is_nearer(seed):
    """Umeyama's is the least-squares one: small changes of it only make it worse, and it never mirrors."""
    random = np.random.default_rng(seed)
    source, target = random.normal(0, 30, (2, 5, 2))
    matrix = similarity(source, target)
    assert np.linalg.det(matrix[:, :2]) >= 0

    def error(change):
        angle, scale, x, y = change
        linear = moved(matrix[:, :2].T, angle, np.exp(scale), 0)
        return (((source @ linear + matrix[:, 2] + [x, y]) - target) ** 2).sum()

    best = error((0, 0, 0, 0))
    for change in random.normal(0, 0.05, (50, 4)):
        assert error(change) >= best - 1e-6


def test_landmarks_land_on_the_template():
    landmarks = moved(np.array(TEMPLATE), 0.6, 1.7, (60.0, 20.0))
    photo = np.zeros((400, 400, 3), np.uint8)
    for point in landmarks:
        cv2.circle(photo, tuple(np.rint(point).astype(int).tolist()), 4, (255, 255, 255), -1)
    array, placement = FACES.fit(FACES.decode(Face(photo, landmarks)))
    assert array.shape == (112, 112, 3) and array.dtype == np.uint8 and placement.image == (400, 400)
    count, _, _, centres = cv2.connectedComponentsWithStats((array[..., 0] > 127).astype(np.uint8))
    assert count == 6
    for wanted in TEMPLATE:
        assert np.linalg.norm(centres[1:] - wanted, axis=1).min() < 0.7


def test_without_landmarks_it_is_a_letterbox_and_normalizes_alike():
    photo = np.random.default_rng(0).integers(0, 256, (50, 80, 3), np.uint8)
    images = ImagePreprocessing(112, 112, 3, FACES.mean, FACES.std)
    for content in (photo, Face(photo)):
        array, placement = FACES.fit(FACES.decode(content))
        np.testing.assert_array_equal(array, letterbox(photo, (112, 112, 3)))
        assert placement == images.placement(photo)
    some = torch.from_numpy(array[None])
    assert torch.equal(FACES.normalize(some), images.normalize(some))
    assert FACES.with_statistics([array]).mean == images.with_statistics([array]).mean


def test_grey_photos_and_grey_models():
    photo = np.random.default_rng(0).integers(0, 256, (120, 120), np.uint8)
    for channels in (1, 3):
        faces = FacePreprocessing((112, 112, channels), (0.5,) * channels, (0.25,) * channels)
        array, _ = faces.fit(faces.decode(Face(photo, np.array(TEMPLATE) + 4)))
        assert array.shape == (112, 112, channels)
        np.testing.assert_array_equal(array[..., 0], photo[4:116, 4:116])


def test_json_there_and_back():
    other = FacePreprocessing((64, 48, 1), (0.5,), (0.2,), tuple((x / 2, y / 2) for x, y in TEMPLATE))
    for made in (FACES, other):
        assert preprocessing_from_json(json.loads(json.dumps(made.to_json()))) == made
    assert FACES.store_key != other.store_key and FACES.store_key == FACES.with_scale((0.0,) * 3, (1.0,) * 3).store_key


@pytest.mark.parametrize("field", ["size", "mean", "std", "template", "intensity"])
@pytest.mark.parametrize("value", ["x", -1, [0.0], {}, [[1, 2]] * 4, [["a", "b"]] * 5, 10**400])
def test_bad_json_is_a_data_error(field, value):
    with pytest.raises(DataError):
        preprocessing_from_json({**FACES.to_json(), field: value})


def test_what_is_no_face_is_a_data_error():
    with pytest.raises(DataError, match=r"is a volume. Expected an image"):
        FACES.decode(Volume(np.zeros((4, 4, 4))))
    with pytest.raises(DataError, match=r"landmarks of shape \(4, 2\)"):
        Face(np.zeros((4, 4), np.uint8), np.zeros((4, 2)))
