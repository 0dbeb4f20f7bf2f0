"""The detector against dlib's."""

import copy

import numpy as np
import pytest
import torch

from opsin.faces.detector import fold_input
from opsin.faces.dlib_files import read_network
from opsin.faces.networks import detection_network, input_mean
from opsin.faces.packaged import DETECTOR_FILE
from opsin.runtime.inference import fuse


def overlap(first, second):
    inner = np.maximum(0, np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])).prod()
    return inner / ((first[2:] - first[:2]).prod() + (second[2:] - second[:2]).prod() - inner)


@pytest.mark.parametrize("count", [1, 2])
def test_the_same_faces_as_dlib(count, dlib, weights_folder, recognizer, photograph):
    pixels = np.concatenate([photograph[20:220, 110:310]] * count, 1)
    wanted = dlib.cnn_face_detection_model_v1(str(weights_folder / DETECTOR_FILE.name))(pixels, 0)
    boxes = [np.array([w.rect.left(), w.rect.top(), w.rect.right() + 1, w.rect.bottom() + 1], float) for w in wanted]
    found = recognizer.detector.find(pixels)
    assert len(found.boxes) == len(boxes) == count
    assert all(max(overlap(box, other) for other in boxes) > 0.6 for box in found.boxes)
    assert found.scores == pytest.approx([w.confidence for w in wanted], abs=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (39, 500), (40, 40), (81, 500), (200, 200)])
def test_images_without_a_face_have_none(shape, recognizer):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert len(recognizer.detector.find(noise).boxes) == 0


def test_boxes_scale_with_the_image(recognizer, photograph):
    part = photograph[20:220, 110:310]
    small = recognizer.detector.find(part, scale=1.0).boxes[0]
    large = recognizer.detector.find(np.repeat(np.repeat(part, 2, 0), 2, 1), scale=0.5).boxes[0]
    assert overlap(2 * small, large) > 0.7


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.5])
def test_the_screen_in_bfloat16_changes_no_face(scale, recognizer, photograph):
    import cv2

    part = photograph[20:220, 110:310]
    pixels = np.full((330, 560, 3), 70, np.uint8)
    pixels[:200, :200] = part
    pixels[100:260, 380:540] = cv2.resize(part, (160, 160), interpolation=cv2.INTER_AREA)
    plain, screened = copy.copy(recognizer.detector), copy.copy(recognizer.detector)
    plain.screen, screened.screen = None, fuse(_network(), torch.bfloat16)
    wanted, found = plain.find(pixels, scale), screened.find(pixels, scale)
    assert len(wanted.boxes) >= 1
    assert found.boxes == pytest.approx(wanted.boxes)
    assert found.scores == pytest.approx(wanted.scores, abs=1e-4)


def _network():
    """The detector that takes pixels as they are."""
    stored = read_network(DETECTOR_FILE.read(), "file")
    network = detection_network(stored, "file")
    fold_input(network.get_submodule(str(network.layers[0].name)), input_mean(stored))
    return network
