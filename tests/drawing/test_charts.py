"""Charts have a title and a caption."""

import dataclasses
from typing import get_args

import pytest

from opsin.drawing import Chart


@pytest.mark.parametrize("kind", get_args(Chart))
def test_a_chart_has_a_title_a_caption_and_cannot_change(kind):
    names = [field.name for field in dataclasses.fields(kind)]
    assert names[:2] == ["title", "caption"] and kind.__dataclass_params__.frozen
