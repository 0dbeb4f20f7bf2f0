"""Faces of photographs, from pixels to embeddings."""

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import REFERENCE, verify


def test_one_person_under_changes_is_the_same(recognizer, views):
    found = {name: recognizer.find(pixels) for name, pixels in views.items()}
    assert {name: len(faces) for name, faces in found.items()} == dict.fromkeys(views, 1)
    for name in views:
        assert verify(found["as it is"][0], found[name][0], REFERENCE, 1e-3).decision == "same", name


def test_grey_images_are_embedded(recognizer, views):
    grey = views["as it is"].mean(2, keepdims=True).astype(np.uint8)
    faces = recognizer.find(grey)
    assert verify(faces[0], recognizer.find(views["as it is"])[0], REFERENCE, 1e-3).decision == "same"


def test_embeddings_do_not_change_with_hflip_or_the_batch(recognizer):
    chips = np.random.default_rng(0).integers(0, 256, (3, 150, 150, 3), np.uint8)
    vectors = recognizer.embed(list(chips))
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-6)
    assert recognizer.embed([chips[1]])[0] == pytest.approx(vectors[1], abs=1e-6)
    assert recognizer.embed([chips[1][:, ::-1]])[0] == pytest.approx(vectors[1], abs=1e-6)


def test_an_image_without_a_face_has_none(recognizer):
    assert recognizer.find(np.zeros((50, 60, 1), np.uint8)) == []


def test_smaller_faces_are_found_on_request(recognizer, photograph):
    import cv2

    pixels = cv2.resize(photograph, (300, 300), interpolation=cv2.INTER_AREA)
    assert len(recognizer.find(pixels, smallest=120)) == 0
    assert len(recognizer.find(pixels, smallest=40)) == 1
    with pytest.raises(DataError, match="at least 10"):
        recognizer.find(pixels, smallest=1)
