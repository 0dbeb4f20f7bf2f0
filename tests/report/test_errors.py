import base64
from io import BytesIO

import numpy as np
from PIL import Image

from opsin.report.errors import error_cases


def test_the_worst_are_wrong_and_most_surprising(classify):
    content = classify()
    section = content.predictions
    predictions, targets = section.predictions.predictions, section.predictions.targets
    losses = -np.log(np.exp(predictions / 1.5)[np.arange(40), targets] / np.exp(predictions / 1.5).sum(1))
    wrong = predictions.argmax(1) != targets
    expected = [section.predictions.ids[row] for row in np.argsort(-losses) if wrong[row]][:12]
    cases = error_cases(content)
    assert [case.id for case in cases.worst] == expected
    assert cases.errors == wrong.sum() and cases.count == 40
    assert all(case.is_error for case in cases.worst)


def test_the_picture_is_that_of_its_id(classify):
    content = classify()
    case = error_cases(content).unsure[0]
    row = content.data.table.rows["id"].to_list().index(case.id)
    seen = np.array(Image.open(BytesIO(base64.b64decode(case.picture.partition(",")[2]))))
    assert (seen == content.data.pixels[content.data.store_rows[row]]).all()


def test_numbers_have_neither_wrong_nor_unsure(regress):
    cases = error_cases(regress)
    assert cases.errors is None and cases.unsure == () and len(cases.worst) == 12
    errors = [abs(float(case.prediction) - float(case.ground_truth)) for case in cases.worst]
    assert errors == sorted(errors, reverse=True)


def test_labels_are_wrong_when_any_is(multilabel):
    section = multilabel.predictions
    expected = ((section.predictions.predictions >= 0) != (section.predictions.targets >= 0.5)).any(1).sum()
    assert error_cases(multilabel).errors == expected
