"""How every metric is held against Keras's."""

import numpy as np
import pytest

from opsin import keras as ours


@pytest.fixture
def update_both(oracle):
    """Asserts that a metric, its settings, targets and predictions (60 rows) give Keras's value over three batches."""

    def check(case, weighted):
        name, settings, y, p = case
        oracle.backend.clear_session()
        ours.backend.clear_session()
        found = []
        for keras in (oracle, ours):
            metric = getattr(keras.metrics, name)(**settings)
            for start in range(0, 60, 25):
                rows = slice(start, start + 25)
                weights = np.linspace(0.1, 2, 60, dtype=np.float32)[rows] if weighted else None
                metric.update_state(y[rows], p[rows], sample_weight=weights)
            found.append((float(metric.result()), metric.name))
        assert found[1][0] == pytest.approx(found[0][0], abs=1e-5)
        assert found[1][1] == found[0][1]

    return check
