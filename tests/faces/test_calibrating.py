"""Thresholds from one's own people: refused when too few, careful with few, right for many."""

import numpy as np
import pytest

from opsin.core import DataError
from opsin.faces import REFERENCE, Gallery, Template, calibrate_gallery, people_needed
from opsin.faces.calibrating import calibrate, resampled


def population(people, photos=3, seed=0, spread=0.8):
    """Embeddings of a population: a common direction, a direction a person, noise a photo."""
    generator = np.random.default_rng(seed)
    common = 9.0 * np.eye(128)[0]
    centres = common + generator.normal(0, spread, (people, 128))
    vectors = np.repeat(centres, photos, 0) + generator.normal(0, 0.25, (people * photos, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), np.repeat(np.arange(people), photos)


@pytest.mark.parametrize(("far", "people"), [(1e-2, 20), (1e-3, 20), (1e-4, 46), (1e-5, 142)])
def test_rates_need_people(far, people):
    assert people_needed(far) == people
    with pytest.raises(DataError, match=rf"Expected {people}\. Fix: enroll 1 more"):
        calibrate(*population(people - 1), far)
    assert calibrate(*population(people), far).people == people


def test_the_number_of_photos_does_not_matter():
    vectors, people = population(30)
    rows = np.r_[np.arange(90), np.repeat(0, 200)]  # one photo 200 times more
    many, few = calibrate(vectors[rows], people[rows], 1e-2), calibrate(vectors, people, 1e-2)
    assert many.mean == pytest.approx(few.mean, rel=0.01)
    assert many.deviation == pytest.approx(few.deviation, rel=0.05)


def test_few_people_lower_the_threshold_more():
    margins = [calibrate(*population(people), 1e-3).margin for people in (20, 60, 200)]
    assert margins[0] > margins[1] > margins[2] > 0


def test_people_who_look_alike_get_a_lower_threshold():
    near, far = (calibrate(*population(60, spread=spread), 1e-3) for spread in (0.4, 0.8))
    assert near.threshold(1e-3) < far.threshold(1e-3)


def test_a_gallery_keeps_its_threshold_until_someone_is_forgotten():
    vectors, people = population(25)
    gallery = Gallery("n")
    for person in range(25):
        photos = (
            Template(f"{person}-{number}", "2026-01-31", vector)
            for number, vector in enumerate(vectors[people == person])
        )
        gallery = gallery.enroll(f"p{person}", "form", tuple(photos))
    calibrated = calibrate_gallery(gallery, 1e-2)
    assert calibrated.calibration.own
    assert calibrated.threshold != gallery.threshold
    assert calibrated.forget("p3").calibration == REFERENCE


def test_resamples_have_the_number_of_people():
    drawn = np.array([resampled(30, 0, number) for number in range(200)])
    assert (drawn.sum(1) == 30).all()
    assert drawn.mean(0) == pytest.approx(np.ones(30), abs=0.3)
