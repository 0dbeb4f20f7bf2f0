"""What the tests of training share: a tiny job, and the program that runs it."""

import runpy
from pathlib import Path

import pytest
import torch

PROGRAM = Path(__file__).with_name("small_run.py")


@pytest.fixture(scope="session")
def make_job():
    """Makes the tiny job of `small_run.py` in a folder."""
    return runpy.run_path(str(PROGRAM))["make_job"]


@pytest.fixture(scope="session")
def program():
    """The path of the program that runs the tiny job."""
    return PROGRAM


@pytest.fixture(autouse=True)
def one_thread():
    """Sums in one order, so that weights can be compared bit for bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
