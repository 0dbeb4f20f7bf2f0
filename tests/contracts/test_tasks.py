"""What every task promises the loop, the evaluation, the report and the server."""

import json

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.data import Target
from opsin.tasks import Classify, Histogram, Lines, Matrix, MultiLabel, Points, Regress, choose, task_from_json

ROWS, FEATURES = 60, 5
TASKS = [
    Classify(("cat", "dog", "<b>bird</b>"), 1.3),
    Classify(("no", "yes")),
    MultiLabel(("cat", "dog", "sun"), 0.7),
    MultiLabel(("cat",)),
    Regress(("count",), (10.0,), (3.0,)),
    Regress(("height", "weight"), (1.7, 70.0), (0.1, 12.0)),
]
KINDS = {"classify": "classes", "multilabel": "labels", "regress": "numbers"}

every_task = pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.name}-{task.units}")


def targets_of(task, count=ROWS, seed=0):
    """Targets as a table gives them."""
    random = np.random.default_rng(seed)
    if task.name == "classify":
        return random.integers(0, task.units, count)
    if task.name == "multilabel":
        return (random.random((count, task.units)) < 0.4).astype(np.float32)
    return random.normal(task.mean, task.spread, (count, task.units)).astype(np.float32)


def raw_of(task, count=ROWS, seed=1):
    return np.random.default_rng(seed).normal(size=(count, task.units)).astype(np.float32) * 2


@every_task
def test_gradient_steps_on_the_loss_make_a_better_answer(task):
    targets = targets_of(task)
    inputs = torch.randn(ROWS, FEATURES, generator=torch.Generator().manual_seed(0))
    weight = torch.zeros(FEATURES, task.units, requires_grad=True)
    encoded = torch.from_numpy(task.encode(targets))
    losses = []
    for _ in range(30):
        loss = task.loss(inputs @ weight, encoded, smoothing=0.05, weights=torch.ones(task.units))
        assert loss.shape == () and loss.dtype == torch.float32
        (gradient,) = torch.autograd.grad(loss, weight)
        with torch.no_grad():
            weight -= 0.3 * gradient
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    before, after = (
        task.surprise(raw, targets).mean() for raw in (raw_of(task) * 0, (inputs @ weight).detach().numpy())
    )
    assert after < before


@every_task
def test_shapes_of_what_goes_in_and_comes_out(task):
    targets, raw = targets_of(task), raw_of(task)
    assert len(task.encode(targets)) == ROWS
    answer = task.answer(raw)
    assert answer.shape == (ROWS, task.units) and np.isfinite(answer).all()
    columns = task.columns(raw)
    assert {len(column) for column in columns.values()} == {ROWS}
    json.dumps(columns)
    assert task.surprise(raw, targets).shape == task.doubt(raw).shape == (ROWS,)
    assert (task.doubt(raw) >= 0).all()
    assert task.units == len(task.names) and task.activation in ("softmax", "sigmoid", None)


@every_task
def test_no_rows_are_no_error(task):
    raw, targets = raw_of(task, 0), targets_of(task, 0)
    assert task.answer(raw).shape == (0, task.units) and task.calibrated(raw, targets) == task
    assert np.isnan(list(task.scorer(raw, targets)(np.zeros(0)).values())).all()
    assert len(task.surprise(raw, targets)) == 0 and not sum(map(len, task.kinds(targets).values()))
    assert {row["count"] for row in task.per_class(raw, targets)} == {0}
    task.charts(raw, targets)


@every_task
def test_json_brings_the_same_task_back(task):
    assert task_from_json(json.loads(json.dumps(task.to_json()))) == task


@every_task
def test_its_kind_of_target_chooses_it(task):
    chosen = choose(Target(KINDS[task.name], task.names), targets_of(task), task.name)
    assert type(chosen) is type(task) and chosen.names == task.names


@every_task
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.1, 100))
def test_weights_count_rows(task, seed, scale):
    targets, raw = targets_of(task, seed=seed), raw_of(task, seed=seed)
    scorer = task.scorer(raw, targets)
    plain = scorer(np.ones(ROWS))
    assert task.monitor[0] in plain and task.monitor[1] in (1, -1)
    assert scorer(np.full(ROWS, scale)) == pytest.approx(plain, nan_ok=True)
    first = np.arange(ROWS) < ROWS // 2
    half = task.scorer(raw[first], targets[first])(np.ones(ROWS // 2))
    assert scorer(first.astype(float)) == pytest.approx(half, nan_ok=True)


@every_task
def test_the_baseline_is_one_answer_and_no_better_than_the_truth(task):
    targets = targets_of(task)
    trivial = task.trivial_answers(task.trivial(targets), np.zeros((ROWS, task.units)))
    assert trivial.shape == (ROWS, task.units) and trivial.dtype == np.float32 and (trivial == trivial[0]).all()
    assert task.surprise(trivial, targets).mean() > 0


@every_task
def test_charts_can_be_drawn(task):
    charts = task.charts(raw_of(task), targets_of(task))
    assert charts
    for chart in charts:
        assert chart.title and chart.caption.endswith(".")
        if isinstance(chart, Matrix):
            assert chart.values.shape == (len(chart.names),) * 2
        elif isinstance(chart, Lines):
            for curve in chart.curves:
                assert curve.name and curve.x.shape == curve.y.shape and np.isfinite([curve.x, curve.y]).all()
        elif isinstance(chart, Points):
            assert chart.x.shape == chart.y.shape == (ROWS,)
        elif isinstance(chart, Histogram):
            assert len(chart.edges) == len(chart.counts) + 1


@every_task
def test_answers_and_truths_have_words(task):
    raw, targets = raw_of(task), targets_of(task)
    for row in range(5):
        said, true = task.describe(raw[row], targets[row])
        assert isinstance(said, str) and isinstance(true, str) and said and true


@every_task
def test_kinds_name_rows_and_wrong_answers_are_none_when_answers_are_the_truth(task):
    raw, targets = raw_of(task), targets_of(task)
    kinds = task.kinds(targets)
    assert task.kind and kinds and all(isinstance(name, str) for name in kinds)
    assert set(np.concatenate(list(kinds.values())).tolist()) <= set(range(ROWS))
    wrong = task.wrong(raw, targets)
    if wrong is not None:
        assert wrong.shape == (ROWS,) and wrong.dtype == bool and 0 < wrong.sum() < ROWS
        perfect = np.eye(task.units)[targets] if targets.ndim == 1 else targets - 0.5
        assert not task.wrong(perfect, targets).any()


@every_task
def test_the_table_of_classes_starts_with_a_name_and_a_count(task):
    rows = task.per_class(raw_of(task), targets_of(task))
    assert tuple(next(iter(row.values())) for row in rows) == task.names
    for row in rows:
        assert list(row)[1] == "count" and all(isinstance(value, float) for value in list(row.values())[2:])


@every_task
def test_calibration_keeps_the_task_and_its_best_answers(task):
    raw, targets = raw_of(task), targets_of(task)
    calibrated = task.calibrated(raw, targets)
    assert type(calibrated) is type(task)
    np.testing.assert_array_equal(calibrated.answer(raw).argmax(1), task.answer(raw).argmax(1))
