import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.neighbors import NearestCentroid

from opsin.plan import balanced_accuracy, downsample, nearest_centroid_correct


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.integers(2, 6))
def test_the_nearest_mean_is_that_of_scikit_learn(seed, classes, features):
    generator = np.random.default_rng(seed)
    codes = np.sort(np.concatenate([np.arange(classes).repeat(2), generator.integers(0, classes, 30)]))
    values = generator.normal(size=(len(codes), features)) + codes[:, None]
    fold = np.arange(len(codes)) % 5  # codes are sorted, so this is every class in every fold
    told = cross_val_predict(NearestCentroid(), values, codes, cv=PredefinedSplit(fold))
    assert (nearest_centroid_correct(values, codes)[0] == (told == codes)).all()


def test_a_rare_class_counts_as_much_as_a_frequent_one():
    codes = np.array([0] * 8 + [1] * 2)
    assert balanced_accuracy(codes == 0, codes) == 0.5


def test_pixels_shrink_to_means_over_areas():
    pixels = np.zeros((3, 64, 32, 3), np.uint8)
    pixels[2, :8] = 100
    small = downsample(pixels, np.array([2, 0]))
    assert small.shape == (2, 16, 16, 3)
    assert (small[0, :2] == 100).all() and (small[0, 2:] == 0).all() and (small[1] == 0).all()
