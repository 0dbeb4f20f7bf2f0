import pytest


@pytest.fixture(autouse=True)
def deterministic_sums(one_thread):
    """Sums in one order, so that weights can be compared bit for bit."""
