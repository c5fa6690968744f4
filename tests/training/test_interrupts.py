"""A first signal is taken note of, a second one interrupts."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from hornbook.training.interrupts import Stop


@pytest.fixture(autouse=True)
def heard():
    """Ctrl-C is heard, as in a terminal; where the tests run in the background a shell may have it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_becomes_a_wish_and_an_exit_code(number, code):
    before = signal.getsignal(number)
    with Stop() as stop:
        assert (stop.requested, stop.exit_code) == (0, 0)
        os.kill(os.getpid(), number)
        assert (stop.requested, stop.exit_code) == (number, code)
        assert signal.getsignal(number) == before, "the next one does what it always did"
    assert signal.getsignal(number) == before


def test_a_second_ctrl_c_ends_it_at_once():
    with Stop() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()


def test_without_signals_everything_is_put_back():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with pytest.raises(ValueError, match="something"), Stop():
        raise ValueError("something else")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_in_another_thread_nothing_is_changed():
    seen = []

    def work() -> None:
        with Stop() as stop:
            seen.append((stop.requested, stop.before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(0, {})]
