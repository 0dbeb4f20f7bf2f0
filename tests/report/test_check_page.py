from dataclasses import replace

import numpy as np
import pytest

from opsin.report.check_page import CheckContent, ClassCounts, DataFacts, TargetPicture, check_page
from opsin.report.pictures import picture
from opsin.tasks import Classify, Detect, Instances, MultiLabel, Regress, Segment

HOSTILE = "<script>alert('x')</script>\"&"
TASKS = [
    Classify((HOSTILE, "dog")),
    MultiLabel((HOSTILE, "dog")),
    Regress((HOSTILE,), (1.0,), (2.0,)),
    Detect((HOSTILE, "dog")),
    Segment(("background", HOSTILE)),
    Instances((HOSTILE,)),
]


def content_of(task):
    counts = {name: {"train": 3, "test": 1} for name in task.names}
    image = picture(np.zeros((9, 9, 3), np.uint8), 100)
    shown = TargetPicture(image, HOSTILE, HOSTILE, "train", "9x9")
    facts = DataFacts("COCO", task.name, 4, {"train": 3, "test": 1}, "9x9 pixels, grey", (HOSTILE,))
    found = ClassCounts(counts, counts, task.count_word, task.subgroup_word)
    return CheckContent(f"/data/{HOSTILE}", task, facts, found, (shown, replace(shown, picture=None)))


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_page_is_self_contained_and_hostile_names_are_text(task, read):
    html = check_page(content_of(task))
    seen = read(html).self_contained()
    assert "<script" not in html and seen.text.count("<script>") >= 5
    assert len(seen.all("img")) == 1 and len(seen.all("input")) == 1
    assert "Read as COCO: 4 images" in seen.text and task.name in seen.text


def test_counts_stand_in_tables_with_a_column_for_each_split(read):
    text = read(check_page(content_of(Detect(("cat", "dog"))))).text
    assert "Boxes of each class" in text and "Images of each class" in text
    assert "cat 3 1 4" in text and "Train Test All" in text
    groups = {"cat": {"no split": 4}, "dog": {"no split": 2}}
    alone = replace(content_of(Classify(("cat", "dog"))), counts=ClassCounts(groups, groups, "image", "class"))
    assert "cat 4 dog 2" in " ".join(read(check_page(alone)).text.split())


def test_every_colour_of_a_drawing_has_a_name(read):
    html = check_page(content_of(Detect(("cat", "dog"))))
    for name, colour in (("cat", "230 159 0"), ("dog", "86 180 233"), ("crowd", "200 200 200")):
        assert f"rgb({colour})" in html and name in read(html).text
