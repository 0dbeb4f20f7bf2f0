"""Which network when nobody says."""

import hypothesis.strategies as st
import torch
from hypothesis import given, settings

from opsin import zoo
from opsin.plan import choose_network

CPU = torch.device("cpu")


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 10**6))
def test_the_choice_exists_and_fits(height, width, count):
    choice = choose_network(height, width, count, CPU)
    assert choice.name in zoo.names() and "\n" not in choice.reason
    assert min(choice.size) >= 9 and max(choice.size) <= max(128, 9)
    if min(height, width) >= 9 and max(height, width) <= 64:
        assert choice.size == (height, width) and choice.name in ("resnet_small", "resnet_tiny")
