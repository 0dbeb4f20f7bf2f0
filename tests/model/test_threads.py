"""A model that several threads use at the same time predicts as it does in one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from opsin.model import Model

THREADS, ROUNDS = 8, 6


def arrays_for(model: Model) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, *model.preprocessing.size), np.uint8)


def all_at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The results of each call, made in `THREADS` threads that start together, ROUNDS times in different orders."""
    start = Barrier(THREADS)

    def work(thread: int) -> list[tuple[int, Any]]:
        start.wait()
        order = [(thread + step) % len(calls) for step in range(ROUNDS * len(calls))]
        return [(number, calls[number]()) for number in order]

    with ThreadPoolExecutor(THREADS) as pool:
        return [pair for found in pool.map(work, range(THREADS)) for pair in found]


def equal(found: Any, expected: Any) -> None:
    if (isinstance(expected, np.ndarray) and expected.dtype == object) or isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            equal(one, other)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name in expected:
            equal(found[name], expected[name])
    else:
        np.testing.assert_array_equal(found, expected)


def check(calls: list[Callable[[], Any]]) -> None:
    """Threads come first, so that they meet a model that was not used before and build its runtime."""
    found = all_at_once(calls)
    expected = [call() for call in calls]
    assert len(found) == THREADS * ROUNDS * len(calls)
    for number, result in found:
        equal(result, expected[number])


def test_predictions_of_threads_are_those_of_one(make_model):
    model = make_model("hflip")
    arrays = arrays_for(model)
    check(
        [
            lambda: model.predict(list(arrays)),
            lambda: model.predict_batch(arrays, batch_size=4),
            lambda: model.logits(arrays).numpy(),
            lambda: model.features(arrays),
        ]
    )


@pytest.mark.parametrize("name", ["detect", "instances"])
def test_every_thread_has_its_own_threshold(make_placed, spots, name: str):
    model, pictures = make_placed(name), [spots(32, 32, seed) for seed in range(3)]
    large = spots(90, 70)
    calls: list[Callable[[], Any]] = [
        lambda: model.predict(pictures),
        lambda: model.with_threshold(0.0).predict(pictures),
        lambda: model.with_threshold(1.0).predict(pictures),
        lambda: model.predict(large, tiles=True, confidence=0.3),
    ]
    check(calls)
    few, many = len(str(calls[2]())), len(str(calls[1]()))
    assert few < many  # the thresholds are not the same


def test_a_network_in_training_mode_that_is_watched_stays_as_it_is(make_model):
    """A hook keeps layers from being fused, so that the network's own modules are asked, in evaluation mode."""
    model, plain = make_model(), make_model()
    arrays = arrays_for(model)
    expected = plain.predict_batch(arrays)
    model.network.train()
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    hook = next(model.network.children()).register_forward_hook(lambda *_: None)
    try:
        found = all_at_once([lambda: model.predict_batch(arrays), lambda: model.predict_batch(arrays[:2])])
    finally:
        hook.remove()
    for number, result in found:
        np.testing.assert_allclose(result, (expected, expected[:2])[number], atol=0.02 * np.abs(expected).max())
    assert all(module.training for module in model.network.modules())
    assert all((before[name] == value).all() for name, value in model.network.state_dict().items())
