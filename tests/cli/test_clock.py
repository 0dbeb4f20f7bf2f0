import time

from opsin.cli import STARTED


def test_the_clock_started_before_this_test():
    assert time.monotonic() - STARTED > 0
