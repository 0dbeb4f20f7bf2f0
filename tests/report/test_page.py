import re
from dataclasses import replace
from html import unescape
from itertools import pairwise

import numpy as np
import pytest

from opsin.evaluation import Score
from opsin.report import ModelSection, TrainingInput
from opsin.report.page import page

HOSTILE = "<script>alert('x')</script>\"&"


@pytest.mark.parametrize("kind", ["classify", "regress", "multilabel"])
def test_one_page_without_scripts_or_other_files(kind, request, read):
    made = request.getfixturevalue(kind)
    seen = read(page(made() if callable(made) else made)).self_contained()
    pictures = seen.all("img")
    assert len(pictures) > 20
    assert all(drawing.get("aria-label") or drawing.get("aria-hidden") for drawing in seen.all("svg"))


def test_headings_go_down_one_level_at_a_time(classify, read):
    levels = [int(tag[1]) for tag, _ in read(page(classify())).tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_table_has_a_caption_and_named_columns(classify, read):
    tags = [tag for tag, _ in read(page(classify())).tags]
    assert tags.count("table") == tags.count("caption") >= 4
    assert all(header.get("scope") for header in read(page(classify())).all("th"))


def test_the_numbers_are_the_given_scores(classify, read):
    content = classify()
    scores = {"accuracy": Score(0.8126, 0.7344, 0.8911), "log_loss": Score(0.4321, 0.3, 12.5)}
    baseline = {"accuracy": Score(0.3333, 0.2, 0.4), "log_loss": Score(1.0986, 1.0, 1.2)}
    text = read(page(replace(content, predictions=replace(content.predictions, scores=scores, baseline=baseline)))).text
    assert "81.3 % (95 % confidence interval 73.4 % to 89.1 %)" in text
    assert "Accuracy on 40 test images" in text and "the baseline, which ignores the image, reaches 33.3 %." in text
    for shown in ("0.813", "0.734 to 0.891", "0.333", "0.432", "0.300 to 12.5", "1.099"):
        assert shown in text


def test_the_page_says_what_was_counted(classify, read):
    content = classify()
    text = read(page(content)).text
    targets, splits = content.data.table.targets(), content.data.table.rows["split"].to_numpy()
    for index, name in enumerate(content.predictions.task.names):
        counts = [int(((splits == split) & (targets == index)).sum()) for split in ("train", "valid", "test")]
        assert " ".join(map(str, [name, *counts, sum(counts)])) in text
    wrong = int(
        (content.predictions.predictions.predictions.argmax(1) != content.predictions.predictions.targets).sum()
    )
    assert f"{wrong} of 40 images have a wrong prediction" in text
    for part in (
        "opsin train photos --seed 7",
        "c0ffee",
        "opsin 9.8.7",
        "a machine",
        "1,234",
        "because",
        '"batch": 64',
    ):
        assert part in text


def test_hostile_names_are_text(classify, read):
    content = classify((HOSTILE, "dog"), ids=HOSTILE + "/{}.png", origin=f"/data/{HOSTILE}")
    content = replace(
        content,
        data=replace(content.data, table=content.data.table.with_notes(HOSTILE)),
        network=replace(
            content.network, name=HOSTILE, reasons=(HOSTILE,), summary=HOSTILE, picture=f"<svg>{HOSTILE}</svg>"
        ),
        run=replace(content.run, command=HOSTILE, versions={HOSTILE: HOSTILE, "opsin": HOSTILE}, machine=HOSTILE),
    )
    html = page(content)
    seen = read(html).self_contained()
    assert "<script" not in html
    assert seen.text.count("<script>") > 10
    assert any("<script>" in (picture["alt"] or "") for picture in seen.all("img"))
    assert "alert" in unescape(html)


def test_a_thousand_classes_stay_readable(classify, read):
    html = page(classify(tuple(f"class {n}" for n in range(1000)), count=4000, test=1500))
    assert len(html) < 1_500_000
    seen = read(html).self_contained()
    assert "Most confused" in seen.text and "class 999" in seen.text
    assert len(seen.all("img")) <= 72 + 24


def test_without_a_test_split_it_says_why_there_are_no_scores(classify, read):
    seen = read(page(classify(test=0))).self_contained()
    assert "There are no metrics, because the data has no test split" in seen.text
    assert "Confusion" not in seen.text and "Largest errors" not in seen.text
    assert "Validation accuracy" in seen.text


def test_a_score_that_is_not_defined_is_said_so(classify, read):
    content = classify()
    unknown = Score(float("nan"), float("nan"), float("nan"))
    section = replace(content.predictions, scores={**content.predictions.scores, "auroc": unknown})
    text = read(page(replace(content, predictions=section))).text
    assert "not defined" in text and "nan" not in text.split()


def test_no_better_than_not_looking_is_said_plainly(classify, read):
    content = classify()
    scores = {"accuracy": Score(0.4, 0.3, 0.5)}
    baseline = {"accuracy": Score(0.35, 0.3, 0.4)}
    text = read(page(replace(content, predictions=replace(content.predictions, scores=scores, baseline=baseline)))).text
    assert "not clearly better" in text


def test_a_run_without_mistakes_or_metrics(classify, read):
    content = classify()
    sure = np.eye(3, dtype=np.float32)[content.predictions.predictions.targets] * 9
    section = replace(content.predictions, predictions=replace(content.predictions.predictions, predictions=sure))
    seen = read(page(replace(content, predictions=section, run=replace(content.run, metrics=()))))
    assert "None of 40 images has a wrong prediction" in seen.text
    assert "Lowest confidence" in seen.text
    assert "Validation accuracy" not in seen.text


def test_numbers_have_points_errors_and_no_least_sure(regress, read):
    text = read(page(regress)).text
    assert "prediction over ground truth" in text and "weight: errors" in text
    assert "Largest errors" in text and "Lowest confidence" not in text


def test_an_evaluation_says_which_model_and_what_it_scored_before(classify, read):
    content = classify(origin="/photos/other")
    data = content.data
    data = replace(data, table=data.table.with_splits(["test"] * len(data.table)))
    known = ModelSection(
        HOSTILE + ".safetensors", "f00d", (("Trained on", HOSTILE),), {"accuracy": Score(0.987, 0.98, 0.99)}
    )
    run = replace(content.run, seed=None, metrics=(), settings=None, command="opsin evaluate m.safetensors other")
    html = page(replace(content, data=data, model=known, run=run))
    seen = read(html).self_contained()
    assert "Opsin evaluation" in seen.text and "Reproduce this evaluation" in seen.text
    assert "not used in training" not in seen.text and "test image" not in seen.text.replace(
        "test images of the model's own", ""
    )
    assert "<script>" in seen.text and "f00d" in seen.text and "0.987" in seen.text
    assert "Seed" not in seen.text and "Training" not in seen.text
    for index, name in enumerate(content.predictions.task.names):
        assert f"{name} {int((data.table.targets() == index).sum())} " in seen.text


def test_calibration_has_no_baseline(classify, read):
    content = classify()
    score = {name: Score(0.051, 0.05, 0.06) for name in ("ece", "log_loss")}
    baseline = {"ece": Score(0.0432, 0.04, 0.05), "log_loss": Score(1.0986, 1.0, 1.2)}
    text = read(page(replace(content, predictions=replace(content.predictions, scores=score, baseline=baseline)))).text
    assert "1.099" in text and "0.043" not in text


def test_training_inputs_are_shown_with_their_targets(classify, read):
    inputs = tuple(TrainingInput("data:image/png;base64,AAAA", name) for name in ("cat", HOSTILE))
    seen = read(page(replace(classify(), inputs=inputs))).self_contained()
    assert "2 images of the first batch with their targets, after augmentation" in seen.text
    assert seen.text.count("<script>") == 1
    alone = read(page(replace(classify(), inputs=inputs[:1]))).text
    assert "1 image of the first batch with its target" in alone


def test_pictures_are_enlarged_by_a_labelled_checkbox(classify, read):
    seen = read(page(classify())).self_contained()
    boxes = seen.all("input")
    assert len(boxes) == len([picture for picture in seen.all("img") if "/" in (picture["alt"] or "")])
    assert all(box["type"] == "checkbox" and box["aria-label"] for box in boxes)


def test_legends_name_the_colours_of_errors(read):
    from opsin.tasks import Detect, Segment

    assert [key.name for key in Segment(("bg", "cat", "dog")).target_legend] == ["cat", "dog"]
    for task, names in ((Detect(("cat",)), ("true positive", "missed object")), (Segment(("bg", "cat")), ("missed",))):
        assert all(any(name in key.name for key in task.legend) for name in names)
