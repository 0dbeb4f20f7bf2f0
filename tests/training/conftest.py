import pytest


@pytest.fixture(autouse=True)
def deterministic_sums(one_thread):
    """Runs torch in one thread, so that weights can be compared bit for bit."""
