"""The Task contract, checked for all six tasks: training, evaluation, report, prediction and server rely on it."""

import inspect
import json
from functools import cache

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings

from opsin.core import DataError
from opsin.data import KINDS, Target
from opsin.drawing import Histogram, Lines, Matrix, Points
from opsin.geometry import Placement
from opsin.tasks import Task, choose, names, target_kind, task_from_json

SIDE = 48
"""The height and width of a network's input in these cases."""
ERRORS = ("log_loss", "ece", "ece_uncalibrated", "mae", "rmse", "count_mae", "count_bias")
"""Scores that are 0 for perfect predictions; all others are 1."""


def assert_same(first, second, tolerance=0.0):
    """Rows of equal type, shape and values."""
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def assert_same_form(first, second):
    """Rows of one type and shape, but for the number of boxes."""
    assert first.dtype == second.dtype
    assert {(row.dtype, row.ndim, row.shape[-1]) for row in first} == {
        (row.dtype, row.ndim, row.shape[-1]) for row in second
    }


def assert_perfect(scores):
    """Every score is the best possible, or NaN where the data do not define it."""
    best = {name: 0.0 if name in ERRORS else 1.0 for name, value in scores.items() if not np.isnan(value)}
    assert {name: scores[name] for name in best} == pytest.approx(best, abs=1e-5)


def quality(task, predictions, targets):
    """The monitored score, signed such that more is better."""
    name, sign = task.monitor
    return sign * task.scorer(predictions, targets)(np.ones(len(targets)))[name]


@cache
def trained(case):
    """Logits after gradient steps on the loss, from zeros, and the losses on the way."""
    _, targets = case.data(0)
    encoded = torch.from_numpy(case.task.encode(targets))
    logits = torch.zeros_like(case.logits(), requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.1)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = case.task.loss(logits, encoded, smoothing=0.05, weights=torch.ones(len(case.task.names)))
        assert loss.shape == (case.rows,) and loss.dtype == torch.float32
        loss = loss.mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, logits.detach()


def test_members_and_parameters_are_those_of_the_protocol(case):
    assert case.task.output.is_spatial == bool(case.reports)
    for name in dir(Task):
        if not name.startswith("_"):
            assert hasattr(case.task, name)
            promised = getattr(Task, name)
            if callable(promised):
                own = inspect.signature(getattr(type(case.task), name)).parameters
                assert list(own) == list(inspect.signature(promised).parameters)


def test_properties_have_values_that_others_know(case):
    task = case.task
    assert task.name and task.subgroup_word and task.units >= len(task.names) == len(set(task.names))
    assert task.activation in ("softmax", "sigmoid", None) and task.monitor[1] in (1, -1)
    assert {"vector": 0, "map": 2, "grid": 2}[task.output.layout] == len(case.cells)
    assert case.reports or task.output.spatial == "none"
    assert target_kind(task.name).word == case.kind and task.name in names()


def test_gradient_steps_on_the_loss_improve_predictions(case):
    task, (_, targets) = case.task, case.data(0)
    losses, logits = trained(case)
    before, after = task.decode(torch.zeros_like(logits)), task.decode(logits)
    assert losses[-1] < losses[0] / 2 and logits.movedim(1, 0).flatten(1).any(1).all()
    assert np.nanmean(task.sample_loss(after, targets)) < np.nanmean(task.sample_loss(before, targets)) / 2
    assert task.uncertainty(after).mean() < 0.5
    best = quality(task, case.data(0)[0], targets)
    assert quality(task, after, targets) > best - 0.1 * (best - quality(task, before, targets))


def test_the_loss_is_a_mean_over_the_batch_and_weights_are_one_a_class(case):
    task, (_, targets) = case.task, case.data(0)
    logits = case.logits() + torch.arange(task.units).view(-1, *[1] * len(case.cells))  # classes of unequal loss
    encoded = torch.from_numpy(task.encode(targets))
    assert len(encoded) == case.rows
    uneven = torch.tensor([3.0, *[1.0] * (len(task.names) - 1)])
    loss = task.loss(logits, encoded).mean().item()
    assert task.loss(torch.cat([logits] * 2), torch.cat([encoded] * 2)).mean().item() == pytest.approx(loss, rel=0.01)
    assert task.loss(logits, encoded, weights=torch.ones(len(task.names))).mean().item() == pytest.approx(loss)
    assert task.loss(logits, encoded, weights=uneven).mean().item() != pytest.approx(loss, rel=1e-3)


def test_the_loss_of_an_image_without_objects_is_finite(case):
    _, targets = case.data(0)
    logits = case.logits()[1:2].requires_grad_()
    loss = case.task.loss(logits, torch.from_numpy(case.task.encode(targets[1:2]))).mean()
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(logits.grad).all() and logits.grad.any()


def test_each_image_is_decoded_by_itself(case):
    logits = case.logits()
    predictions = case.task.decode(logits)
    for row in range(0, case.rows, 5):
        assert_same(predictions[row : row + 1], case.task.decode(logits[row : row + 1]), 1e-4)
    assert all(np.isfinite(row).all() for row in predictions)
    assert_same_form(predictions, case.data(1)[0])


def test_blank_predictions_are_rows_of_the_same_form_without_objects(case):
    task, blank = case.task, case.task.empty(case.rows, (SIDE, SIDE))
    assert len(blank) == case.rows
    assert_same_form(blank, task.decode(case.logits()))
    columns = task.to_columns(blank)
    assert all(values == values[:1] * case.rows for values in columns.values())
    assert not case.has_threshold or columns["count"][0] == 0
    _, targets = case.data(0)
    assert quality(task, blank, targets) < quality(task, case.data(0)[0], targets)


def test_a_frame_of_the_size_of_the_image_changes_no_prediction(case):
    predictions, _ = case.data(1)
    frames = [Placement((SIDE, SIDE), (SIDE, SIDE))] * case.rows
    for masks in (True, False):
        assert_same(case.task.to_image_space(predictions, frames, masks=masks), predictions)


def test_columns_and_records_are_plain_values_a_row_an_image(case):
    task, (predictions, _) = case.task, case.data(1)
    columns, records = task.to_columns(predictions), task.to_records(predictions)
    assert {len(values) for values in columns.values()} == {case.rows} == {len(records)}
    assert list(columns) == list(task.to_columns(task.empty(1, (1, 1))))
    assert json.loads(json.dumps(columns, allow_nan=False)) == columns
    for row, record in enumerate(records):
        assert {name: record.pop(name) for name in columns} == {name: columns[name][row] for name in columns}
        assert all(isinstance(value, list | np.ndarray) for value in record.values())
        assert all(value.shape == (SIDE, SIDE) for value in record.values() if isinstance(value, np.ndarray))


def test_a_higher_confidence_leaves_objects_out_where_predictions_have_one(case):
    task, logits = case.task, case.logits()
    if not case.has_threshold:
        with pytest.raises(DataError, match="confidence"):
            task.with_threshold(0.5)
        return
    stricter = [task.with_threshold(confidence) for confidence in (0.0, 0.3, 0.6, 0.9)]
    counts = [sum(other.to_columns(other.decode(logits))["count"]) for other in stricter]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    assert {(type(other), other.names) for other in stricter} == {(type(task), task.names)}
    for wrong in (-0.1, 1.5, float("nan")):
        with pytest.raises(DataError):
            task.with_threshold(wrong)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 60), scale=st.sampled_from([0.25, 1, 3, 100]))
def test_weights_count_rows(case, seed, count, scale):
    predictions, targets = case.data(1, seed, min(count, case.rows))
    times = np.random.default_rng(seed).integers(0, 4, len(targets))
    again = np.repeat(np.arange(len(targets)), times)
    weighted = case.task.scorer(predictions, targets)(times * float(scale))
    repeated = case.task.scorer(predictions[again], targets[again])(np.ones(len(again)))
    assert case.task.monitor[0] in weighted
    assert weighted == pytest.approx(repeated, abs=1e-9, nan_ok=True)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_predictions_equal_to_the_ground_truth_have_perfect_scores(case, seed):
    task, (predictions, targets) = case.task, case.data(0, seed)
    assert_perfect(task.scorer(predictions, targets)(np.ones(case.rows)))
    assert np.isfinite(quality(task, predictions, targets))
    for row in task.per_class(predictions, targets):
        assert_perfect(dict(list(row.items())[2:]))
    wrong, losses = task.is_error(predictions, targets), task.sample_loss(predictions, targets)
    assert wrong is None or not wrong.any()
    assert np.nan_to_num(losses) == pytest.approx(np.zeros(case.rows), abs=1e-5)  # NaN: no class to compare
    assert task.uncertainty(predictions) == pytest.approx(np.zeros(case.rows), abs=1e-5)


def test_no_rows_are_no_error(case):
    task, targets = case.task, case.data(0)[1][:0]
    predictions = task.empty(0, (SIDE, SIDE))
    assert len(task.encode(targets)) == len(task.to_image_space(predictions, [])) == 0
    assert task.calibrated(predictions, targets) == task and task.to_records(predictions) == []
    scores = task.scorer(predictions, targets)(np.zeros(0))
    assert all(np.isnan(value) for name, value in scores.items() if name != "boundary_f")  # 1: no outlines at all
    assert len(task.sample_loss(predictions, targets)) == len(task.uncertainty(predictions)) == 0
    assert task.is_error(predictions, targets) is None or len(task.is_error(predictions, targets)) == 0
    assert not sum(map(len, task.subgroups(targets).values()))
    assert {row["count"] for row in task.per_class(predictions, targets)} == {0}
    task.charts(predictions, targets)


def test_the_table_of_classes_starts_with_a_name_and_a_count(case):
    rows = case.task.per_class(*case.data(1))
    assert tuple(next(iter(row.values())) for row in rows) == case.task.names
    for row in rows:
        assert list(row)[1] == "count" and row["count"] > 0
        assert all(isinstance(value, float) for value in list(row.values())[2:])
    assert len({tuple(row) for row in rows}) == 1


def test_subgroups_are_those_of_each_row_alone(case):
    task, (_, targets) = case.task, case.data(0)
    kinds = task.subgroups(targets)
    assert kinds and all(isinstance(name, str) for name in kinds)
    assert set(np.concatenate(list(kinds.values())).tolist()) <= set(range(case.rows))
    for row in range(case.rows):
        alone = task.subgroups(targets[row : row + 1])
        assert {name for name in kinds if row in kinds[name]} == {name for name in alone if len(alone[name])}


def test_some_noisy_predictions_are_errors(case):
    predictions, targets = case.data(1)
    wrong = case.task.is_error(predictions, targets)
    assert wrong is None or (wrong.shape == (case.rows,) and wrong.dtype == bool and 0 < wrong.sum() < case.rows)


def test_losses_and_uncertainties_are_one_a_row(case):
    task, (predictions, targets) = case.task, case.data(1)
    losses, uncertainty = task.sample_loss(predictions, targets), task.uncertainty(predictions)
    assert losses.shape == uncertainty.shape == (case.rows,)
    assert np.nanmax(losses) > 0 and not (losses < 0).any() and (uncertainty >= 0).all()
    for row in range(0, case.rows, 5):
        one = slice(row, row + 1)
        assert task.sample_loss(predictions[one], targets[one]) == pytest.approx(losses[one], nan_ok=True)
        assert task.uncertainty(predictions[one]) == pytest.approx(uncertainty[one])


def test_the_baseline_is_one_prediction_for_all_images(case):
    task, (predictions, targets) = case.task, case.data(1)
    fitted = task.fit_baseline(targets)
    assert fitted.ndim == 1 and np.isfinite(fitted).all()
    baseline = task.baseline_predictions(fitted, predictions)
    assert_same_form(baseline, predictions)
    assert_same(baseline, task.baseline_predictions(fitted, case.data(1, seed=1)[0]))
    assert_same(baseline, [baseline[0]] * case.rows)
    assert quality(task, baseline, targets) < quality(task, case.data(0)[0], targets)


@pytest.mark.parametrize("noise", [0, 1])
def test_charts_can_be_drawn(case, noise):
    charts = case.task.charts(*case.data(noise))
    assert charts
    for chart in charts:
        assert chart.title and chart.caption.endswith(".")
        if isinstance(chart, Matrix):
            assert chart.values.shape == (len(chart.names),) * 2
        elif isinstance(chart, Lines):
            for curve in chart.curves:
                assert curve.name and curve.x.shape == curve.y.shape and np.isfinite([curve.x, curve.y]).all()
        elif isinstance(chart, Points):
            assert chart.x.shape == chart.y.shape == (case.rows,)
        elif isinstance(chart, Histogram):
            assert len(chart.edges) == len(chart.counts) + 1


@pytest.mark.parametrize("noise", [0, 1])
def test_predictions_and_ground_truths_have_words(case, noise):
    predictions, targets = case.data(noise)
    for prediction, target in zip(predictions[:6], targets[:6], strict=True):
        words = case.task.describe(prediction, target)
        assert len(words) == 2 and all(isinstance(text, str) and text for text in words)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_show_the_image_and_the_prediction(case, channels):
    task, (predictions, targets) = case.task, case.data(1)
    pixels = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, channels), np.uint8)
    before, blank = pixels.copy(), task.empty(1, (SIDE, SIDE))[0]
    for known in (True, False):
        shown = []
        for prediction, target in zip(predictions[:6], targets[:6], strict=True):
            picture = task.draw(pixels, prediction, target if known else None)
            assert picture.dtype == np.uint8 and picture.shape[2] in (1, 3) and min(picture.shape[:2]) >= SIDE
            shown.append(not np.array_equal(picture, task.draw(pixels, blank, target if known else None)))
        assert any(shown) == bool(case.reports)
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("noise", [0, 1])
def test_calibration_keeps_the_monitored_score_and_never_costs_log_loss(case, noise):
    task, (predictions, targets) = case.task, case.data(noise)
    calibrated = task.calibrated(predictions, targets)
    assert type(calibrated) is type(task) and calibrated.names == task.names
    assert quality(calibrated, predictions, targets) == pytest.approx(quality(task, predictions, targets))
    before, after = (one.scorer(predictions, targets)(np.ones(case.rows)) for one in (task, calibrated))
    assert list(before) == list(after) and after.get("log_loss", 0) <= before.get("log_loss", 0) + 1e-9
    assert task_from_json(json.loads(json.dumps(calibrated.to_json()))) == calibrated


def test_json_gives_the_same_task_back(case):
    assert task_from_json(json.loads(json.dumps(case.task.to_json()))) == case.task


def test_its_kind_of_target_chooses_it_and_no_other_name_fits(case):
    target, (_, targets) = Target(KINDS[case.kind], case.task.names), case.data(0)
    chosen = choose(target, targets)
    assert type(chosen) is type(case.task) and chosen.names == case.task.names
    assert choose(target, targets, case.task.name) == chosen
    with pytest.raises(DataError, match="Expected"):
        choose(target, targets, "detect" if case.task.name == "classify" else "classify")


def test_encoded_targets_are_decoded_to_what_a_table_has(case):
    task, (_, targets) = case.task, case.data(0)
    shown = task.decode_targets(np.asarray(task.encode(targets)))
    assert len(shown) == len(targets)
    for one, other in zip(shown, targets, strict=True):
        if task.output.has_boxes:
            crowd = other[:, 5] != 0
            np.testing.assert_allclose(one[~crowd], other[~crowd], rtol=1e-5)
            np.testing.assert_array_equal(one[:, [0, 1, 2, 3, 5]], other[:, [0, 1, 2, 3, 5]])
        else:
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_targets_are_drawn_described_and_counted(case):
    task, (_, targets) = case.task, case.data(0)
    pixels = np.full((SIDE, SIDE, 1), 90, np.uint8)
    for target in targets[:3]:
        drawn = task.draw_target(pixels, target)
        assert drawn.dtype == np.uint8 and drawn.ndim == 3 and task.describe_target(target)
        assert case.reports or drawn is pixels
    counts = task.class_counts(targets)
    halves = [task.class_counts(targets[: len(targets) // 2]), task.class_counts(targets[len(targets) // 2 :])]
    assert counts == {name: halves[0].get(name, 0) + halves[1].get(name, 0) for name in counts}
    assert task.count_word in ("image", "box", "object") and sum(counts.values()) > 0
    assert all(len(key.colour) == 3 and key.name for key in (*task.legend, *task.target_legend))
