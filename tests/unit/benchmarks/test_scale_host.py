"""What the graph's process answers is told from what Ray prints in it."""

import pytest

from benchmarks.scale.host import own_output


def test_what_others_print_does_not_come_between_the_answers(capsys: pytest.CaptureFixture[str]) -> None:
    with own_output() as answers:
        print("(raylet) A worker died", end="")
        print('{"ready_s": 1.0}', file=answers)
    assert capsys.readouterr() == ('{"ready_s": 1.0}\n', "(raylet) A worker died")
