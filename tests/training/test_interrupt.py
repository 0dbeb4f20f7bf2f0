"""The first Ctrl-C sets the flag, the second raises, and the former signal handlers are restored."""

import os
import signal
import threading

import pytest

from opsin.training import Interrupted
from opsin.training.interrupt import watch_for_interrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_insists(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), watch_for_interrupt() as asked:
        assert not asked()
        os.kill(os.getpid(), number)
        assert asked()
        os.kill(os.getpid(), number)
        pytest.fail("the second signal did nothing")
    assert signal.getsignal(number) is before


def test_outside_the_main_thread_nothing_is_caught():
    answers = []

    def work():
        with watch_for_interrupt() as asked:
            answers.append(asked())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert answers == [False]


def test_code_that_expects_ctrl_c_sees_it():
    assert issubclass(Interrupted, KeyboardInterrupt)
