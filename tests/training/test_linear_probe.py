import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from opsin.data import ImagePreprocessing
from opsin.model import Model
from opsin.nn import Conv2D, Dense, GlobalAveragePooling2D, Sequential
from opsin.tasks import Classify, Regress
from opsin.training import fit_linear_probe

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (90, 8, 8, 3), dtype=np.uint8)
ROWS = np.arange(5, 85)


def model(task, layers=None):
    layers = layers or [Conv2D(6, 3, activation="relu"), GlobalAveragePooling2D(), Dense(task.units)]
    net = Sequential(layers, input_shape=(8, 8, 3), seed=0)
    return Model(net, task, ImagePreprocessing(8, 8, 3, (0.5,) * 3, (0.3,) * 3), "hflip")


def features(made):
    """Computes the reference with standardized features."""
    x = made.preprocessing.normalize(torch.from_numpy(PIXELS[ROWS]))
    with torch.no_grad():
        seen = made.network.intermediate_outputs(x, ["global_average_pooling2d"])["global_average_pooling2d"].numpy()
    return (seen - seen.mean(0)) / (seen.std(ddof=1) + 1e-6)


def test_it_is_the_logistic_regression_on_the_features():
    made = model(Classify(("a", "b", "c")))
    targets = RNG.integers(0, 3, len(ROWS))
    before = {key: value.clone() for key, value in made.network.state_dict().items()}
    assert fit_linear_probe(made, PIXELS, ROWS, torch.from_numpy(targets))
    oracle = LogisticRegression(C=1 / 30, tol=1e-8, max_iter=1000).fit(features(made), targets)
    expected = oracle.predict_proba(features(made))
    got = (
        torch.from_numpy(made.predict_batch(PIXELS[ROWS])).softmax(1).numpy()
    )  # of both mirror tta, hence the tolerance
    assert np.abs(got - expected).mean() < 0.02
    changed = {key for key, value in made.network.state_dict().items() if not torch.equal(value, before[key])}
    assert changed == {"dense.weight", "dense.bias"}
    assert made.tta == "hflip"
    assert not any(module._forward_pre_hooks for module in made.network.modules())


def test_numbers_are_fitted_too():
    made = model(Regress(("size",), (0.0,), (1.0,)))
    targets = (features(made) @ np.arange(1.0, 7.0))[:, None].astype(np.float32)
    targets /= targets.std()
    made.tta = "none"
    assert fit_linear_probe(made, PIXELS, ROWS, torch.from_numpy(made.task.encode(targets)))
    predictions = made.predict_batch(PIXELS[ROWS])[:, 0]
    assert (
        np.corrcoef(predictions, Ridge(alpha=30).fit(features(made), targets[:, 0]).predict(features(made)))[0, 1]
        > 0.95
    )


@pytest.mark.parametrize("rows", [ROWS, ROWS[:0]])
def test_where_there_is_nothing_to_fit_it_says_so(rows):
    ends_in_a_map = [Conv2D(3, 8), GlobalAveragePooling2D()]
    made = model(Classify(("a", "b", "c")), ends_in_a_map if len(rows) else None)
    assert not fit_linear_probe(made, PIXELS, rows, torch.zeros(len(rows), dtype=torch.int64))
