"""The rebuilt networks against dlib's own on the same pixels."""

import numpy as np
import pytest
import torch

from opsin.core import ModelFileError
from opsin.faces.alignment import align
from opsin.faces.dlib_files import NetworkLayer, read_network
from opsin.faces.landmarks import find_landmarks
from opsin.faces.networks import detection_network, embedding_network, input_mean
from opsin.faces.packaged import EMBEDDING_FILE, LANDMARKS_FILE


@pytest.fixture(scope="module")
def stored(recognizer):
    return read_network(EMBEDDING_FILE.read(), "file")


@pytest.fixture(scope="module")
def oracle(dlib, weights_folder, recognizer):
    return dlib.face_recognition_model_v1(str(weights_folder / EMBEDDING_FILE.name))


@pytest.fixture(scope="module")
def predictor(dlib, weights_folder, recognizer):
    return dlib.shape_predictor(str(weights_folder / LANDMARKS_FILE.name))


@pytest.mark.parametrize("kind", ["noise", "photograph"])
def test_embeddings_equal_dlibs(kind, stored, oracle, photograph):
    noise = np.random.default_rng(0).integers(0, 256, (150, 150, 3), np.uint8)
    chip = noise if kind == "noise" else np.ascontiguousarray(photograph[50:200, 140:290])
    mean = torch.tensor(input_mean(stored))
    with torch.no_grad():
        found = embedding_network(stored, "file").logits(((torch.from_numpy(chip) - mean) / 256).permute(2, 0, 1)[None])
    wanted = np.array(oracle.compute_face_descriptor(chip))
    assert np.abs(found[0].numpy() - wanted).max() < 1e-6


@pytest.mark.parametrize("box", [(179, 83, 266, 170), (170, 70, 262, 165), (190, 95, 250, 160), (400, 300, 520, 520)])
def test_landmarks_equal_dlibs_within_rounding(box, recognizer, photograph, predictor, dlib):
    points = predictor(photograph, dlib.rectangle(*box)).parts()
    found = find_landmarks(recognizer.trees, photograph, np.array(box, float))
    assert np.abs(found - [[point.x, point.y] for point in points]).max() <= 0.6


@pytest.mark.parametrize("enlarged", [1, 4])
def test_aligned_faces_embed_as_dlibs(enlarged, recognizer, photograph, predictor, oracle, dlib):
    pixels = np.repeat(np.repeat(photograph, enlarged, 0), enlarged, 1)
    shape = predictor(pixels, dlib.rectangle(*(enlarged * side for side in (179, 83, 266, 170))))
    points = np.array([[point.x, point.y] for point in shape.parts()], float)
    chips = dlib.get_face_chip(pixels, shape, 150, 0.25), align(pixels, points)
    first, second = (np.array(oracle.compute_face_descriptor(chip)) for chip in chips)
    assert np.linalg.norm(first - second) < 0.06  # of one person under other conditions: 0.2 to 0.5


def test_another_network_is_one_error(stored):
    with pytest.raises(ModelFileError, match="holds another network"):
        detection_network(stored, "file")
    with pytest.raises(ModelFileError, match="holds another network"):
        embedding_network([NetworkLayer("input")], "file")


@pytest.mark.parametrize(("left", "top"), [(180, 60), (230, 110)])
def test_a_face_at_the_border_is_black_outside(left, top, photograph, recognizer):
    points = find_landmarks(recognizer.trees, photograph, np.array([179.0, 83, 266, 170]))
    whole = align(photograph, points)
    part = align(np.ascontiguousarray(photograph[top:, left:]), points - [left, top])
    inside = part.max(2) > 0
    assert np.median(np.abs(part[inside].astype(int) - whole[inside])) <= 1
    assert 0.2 < inside.mean() < 0.95
