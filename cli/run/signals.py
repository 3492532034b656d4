"""Ctrl-C and SIGTERM: one way to stop, whoever else in this process would like to handle them."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_EVERY_S = 0.5  # whether the waiting has ended


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Ctrl-C or SIGTERM interrupt what is under way: the service the first time, its draining the second.

    Yields an event that is set from the first one on; the KeyboardInterrupt it raises ends here. To be entered by the
    main thread, before it starts others.
    """
    stop = threading.Event()

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        stop.set()
        raise KeyboardInterrupt

    kept = signal.signal(signal.SIGINT, on_interrupt)
    try:
        with _terminate_interrupts():
            yield stop
    except KeyboardInterrupt:
        if not stop.is_set():
            raise
    finally:
        signal.signal(signal.SIGINT, kept)


@contextmanager
def _terminate_interrupts() -> Iterator[None]:
    """SIGTERM interrupts the main thread.

    Ray replaces SIGTERM's handlers while it starts, the last one with an abort of the process. So none is used: every
    thread blocks the signal, and one waits for it.
    """
    ended = threading.Event()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.register_at_fork(after_in_child=_unblock)  # else child processes would not hear it either
    waiting = threading.Thread(target=_await_terminate, args=(ended,), name="sigterm", daemon=True)
    waiting.start()
    try:
        yield
    finally:
        ended.set()
        waiting.join()
        _unblock()


def _await_terminate(ended: threading.Event) -> None:
    main = threading.main_thread().ident
    while not ended.is_set():
        if signal.sigtimedwait({signal.SIGTERM}, LOOK_EVERY_S) and main is not None:
            signal.pthread_kill(main, signal.SIGINT)  # to it, so that what it waits in is interrupted


def _unblock() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
