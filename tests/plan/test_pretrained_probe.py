import numpy as np

from opsin.plan.pretrained_probe import probe_features

RNG = np.random.default_rng(0)


def test_the_smaller_error_chooses():
    codes = np.arange(60) % 3
    clear = np.eye(3)[codes] + 0.01 * RNG.normal(size=(60, 3))
    noise = RNG.normal(size=(60, 4, 4, 1))
    better, why = probe_features(clear, noise, codes, "images")
    assert better and "0% of a linear model's errors on images with features" in why
    assert not probe_features(noise.reshape(60, -1), clear.reshape(60, 1, 1, 3), codes, "images")[0]
    numbers = codes[:, None].astype(float)
    assert probe_features(numbers + 0.01 * RNG.normal(size=(60, 1)), noise, numbers, "images")[0]


def test_two_kinds_of_noise_and_equal_targets_choose_random_weights():
    noise, pixels = RNG.normal(size=(60, 9)), RNG.normal(size=(60, 4, 4, 1))
    assert not probe_features(noise, pixels, RNG.normal(size=(60, 2)), "images")[0]
    assert probe_features(noise, pixels, np.zeros(60, int), "images") == (False, "")
    assert probe_features(noise[:9], pixels[:9], np.arange(9) % 2, "images") == (False, "")
