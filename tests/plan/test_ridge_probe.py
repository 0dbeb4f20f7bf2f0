import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from opsin.plan import ridge_probe
from opsin.plan.ridge_probe import leave_one_out, unexplained_share

RNG = np.random.default_rng(0)


def test_predictions_are_those_of_a_fit_without_the_row(monkeypatch):
    monkeypatch.setattr(ridge_probe, "PENALTIES", (0.1,))
    x = RNG.normal(size=(40, 7))
    x = (x - x.mean(0)) / x.std(0)
    y = x[:, :2] + RNG.normal(size=(40, 2))
    oracle = cross_val_predict(Ridge(alpha=0.1 * 7), x, y, cv=LeaveOneOut())
    np.testing.assert_allclose(leave_one_out(x, y), oracle, atol=0.02)


def test_noise_explains_nothing_and_more_features_than_rows_do_not_overfit():
    y = RNG.normal(size=(60, 1))
    assert unexplained_share(RNG.normal(size=(60, 500)), y) > 0.9
    assert unexplained_share(np.hstack([y, y]), y) < 0.01
    assert unexplained_share(np.zeros((60, 4)), y) > 0.99
