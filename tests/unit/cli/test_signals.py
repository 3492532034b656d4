"""Each in a process of its own: signals are a process's."""

import signal
import subprocess
import sys
import textwrap

import pytest

PREAMBLE = """
import os, signal, subprocess, sys, threading, time
from cli.run.signals import stop_signals
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_either_signal_ends_a_wait_and_nothing_else(number: str) -> None:
    ended = run(f"""
        with stop_signals() as stop:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.{number})).start()
            try:
                threading.Event().wait(50)
            finally:
                print("drained", stop.is_set())
        print("after")
    """)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "drained True\nafter\n", "")


def test_a_handler_put_in_its_place_is_not_called() -> None:
    """Ray's aborts the process."""
    ended = run("""
        with stop_signals():
            signal.signal(signal.SIGTERM, lambda *_: os._exit(9))
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
            time.sleep(50)
        print("after")
    """)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "after\n", "")


def test_the_second_signal_interrupts_the_draining() -> None:
    ended = run("""
        with stop_signals():
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(50)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(50)
                print("drained")
        print("after")
    """)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "after\n", "")


def test_child_processes_hear_sigterm() -> None:
    """As Ray starts its own: with a function that runs before the program."""
    ended = run("""
        with stop_signals():
            child = subprocess.Popen(["sleep", "50"], preexec_fn=lambda: None)
            child.terminate()
            print(child.wait(30))
    """)
    assert ended.stdout == f"{-signal.SIGTERM}\n"


def test_afterwards_the_signal_is_as_it_was() -> None:
    ended = run("""
        with stop_signals():
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(50)
    """)
    assert ended.returncode == -signal.SIGTERM


def test_an_interrupt_of_others_is_passed_on() -> None:
    ended = run("""
        with stop_signals():
            raise KeyboardInterrupt
    """)
    assert ended.returncode != 0
    assert "KeyboardInterrupt" in ended.stderr
