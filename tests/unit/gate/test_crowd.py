"""A crowd is told from a talker by pauses, by how the model's opinion moves and by the swing of the level."""

import numpy as np
import pytest

from pipeline.gate.crowd import Crowds

ROW = np.array([0])
FLOOR_DBFS = np.array([-50.0])
QUANTA = 400  # 40 s


def penalty(voiced, change, above_floor_db):
    """What the last of many such quanta loses; the level is below what stands out of it."""
    crowds = Crowds()
    crowds.reserve(1)
    crowds.open(0, None)
    power = np.array([32_768.0**2 * 10 ** ((FLOOR_DBFS[0] + above_floor_db) / 10)])
    lost = None
    for _ in range(QUANTA):
        lost = crowds.penalties(ROW, np.array([[voiced, change]]), power, FLOOR_DBFS)
    return 0.0 if lost is None else float(lost[0])


def test_voice_all_the_time_that_hardly_moves_is_a_crowd():
    assert penalty(voiced=0.95, change=0.5, above_floor_db=6.0) > 5.0


@pytest.mark.parametrize(
    ("voiced", "change", "above_floor_db"),
    [
        (0.4, 0.2, 6.0),  # pauses
        (0.95, 1.0, 6.0),  # one talker's sounds and closures
        (0.95, 0.5, 25.0),  # a talker's level far above the noise
        (0.95, 0.5, 1.0),  # steady noise, and hardly anything above it
    ],
)
def test_a_talker_is_not(voiced, change, above_floor_db):
    assert penalty(voiced, change, above_floor_db) == 0.0
