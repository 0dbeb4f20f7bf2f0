import numpy as np

from opsin.plan.pretrained_probe import probe_features
from opsin.plan.probe_samples import ProbeSamples

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (60, 4, 4, 1)).astype(np.uint8)


def choice(features, pixels, targets, few=False, crops=False):
    return probe_features(ProbeSamples(pixels, targets, features, None, crops), few)


def test_the_smaller_error_chooses():
    codes = np.arange(60) % 3
    clear = np.eye(3)[codes] + 0.01 * RNG.normal(size=(60, 3))
    better, why = choice(clear, NOISE, codes)
    assert better and "0% errors of a linear model of images with features" in why
    shown = (200 * np.eye(3)[codes]).astype(np.uint8).reshape(60, 1, 3, 1)
    assert not choice(RNG.normal(size=(60, 9)), shown, codes)[0]
    assert not choice(clear, shown, codes)[0]  # both without errors
    numbers = codes[:, None].astype(float)
    assert choice(numbers + 0.01 * RNG.normal(size=(60, 1)), NOISE, numbers)[0]


def test_two_kinds_of_noise_and_equal_targets_choose_random_weights():
    noise = RNG.normal(size=(60, 9))
    assert not choice(noise, NOISE, RNG.normal(size=(60, 2)))[0]
    assert choice(noise, NOISE, np.zeros(60, int)) == (False, "")
    assert choice(noise[:9], NOISE[:9], np.arange(9) % 2) == (False, "")


def test_with_few_images_features_that_are_slightly_better_suffice_but_not_on_crops():
    codes = np.arange(200) % 2 - 1
    wrong = RNG.permutation(200)
    shown = np.where(np.isin(np.arange(200), wrong[:40]), -1 - codes, codes) + 1  # 20 % of the images contradict
    pixels = (200 * np.eye(2)[shown]).astype(np.uint8).reshape(200, 1, 2, 1)
    seen = np.where(np.isin(np.arange(200), wrong[:34]), -1 - codes, codes)[:, None] + 0.01 * RNG.normal(size=(200, 1))
    assert choice(seen, pixels, codes, few=True)[0]
    assert not choice(seen, pixels, codes, few=False)[0]
    assert not choice(seen, pixels, codes, few=True, crops=True)[0]
