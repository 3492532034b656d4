"""What is only just voice counts where somebody was surely heard lately."""

import numpy as np
import pytest

from pipeline.gate.attention import Question
from pipeline.gate.company import LATELY_SAMPLES, Company
from pipeline.gate.evidence import Voice
from pipeline.gate.verdicts import ABSENT_LOGIT, CONFIDENT_LOGIT, HOLD_LOGIT, OPEN_LOGIT, Judge

ROW = np.array([0])
HOP = 512
ORIGIN = 16_000
LATER = ORIGIN + LATELY_SAMPLES + 10 * HOP


@pytest.fixture
def judge():
    judge = Judge()
    judge.reserve(1)
    judge.open(0, ORIGIN, 0.0, None)
    return judge


def heard(judge, end_sample, *logits):
    """What a run of hops with these log-odds is taken for."""
    count = np.array([len(logits)])
    hops = np.arange(len(logits))
    ends = end_sample + (hops - hops[-1]) * HOP
    question = Question(ROW, ROW, np.array([False]), count, np.array([0]), np.zeros_like(hops), hops, ends)
    powers = np.full(len(logits), 100.0, np.float32)  # as loud as the floor
    told = judge.judge(question, np.array(logits, np.float32), powers, np.array([-70.0]))
    return [verdict.voice for verdict in told[0]]


def test_a_stream_begins_as_if_somebody_had_just_spoken(judge):
    assert heard(judge, ORIGIN + 10 * HOP, OPEN_LOGIT + 0.1, HOLD_LOGIT + 0.1) == [Voice.OPENS, Voice.HOLDS]


def test_after_a_minute_without_sure_voice_more_is_asked_for(judge):
    assert heard(judge, LATER, OPEN_LOGIT + 0.1, HOLD_LOGIT + 0.1) == [Voice.HOLDS, Voice.NEARLY]
    surer = ABSENT_LOGIT + 0.1
    assert heard(judge, LATER, OPEN_LOGIT + surer, HOLD_LOGIT + surer) == [Voice.OPENS, Voice.HOLDS]


def test_sure_voice_is_company_at_once_and_for_a_minute(judge):
    assert heard(judge, LATER, OPEN_LOGIT + 0.1, CONFIDENT_LOGIT + 1) == [Voice.OPENS, Voice.OPENS]
    assert heard(judge, LATER + LATELY_SAMPLES, OPEN_LOGIT + 0.1, OPEN_LOGIT + 0.1)[0] is Voice.OPENS
    assert heard(judge, LATER + LATELY_SAMPLES + HOP, OPEN_LOGIT + 0.1, OPEN_LOGIT + 0.1)[0] is Voice.HOLDS


def test_what_moves_a_beginning_back_is_the_same_with_and_without_company(judge):
    first = heard(judge, ORIGIN + 10 * HOP, -2.6, -4.9, -5.1)
    assert first == heard(judge, LATER, -2.6, -4.9, -5.1) == [Voice.NEARLY, Voice.FAINT, Voice.NONE]


def test_memory_carries_it():
    company = Company()
    company.reserve(2)
    company.open(0, ORIGIN, None)
    company.absent(ROW, np.array([LATER]), np.array([True]))
    company.open(1, 2 * LATER, company.memory(0))
    assert company.memory(1) == LATER


def test_streams_are_told_apart():
    company = Company()
    company.reserve(2)
    for row in (0, 1):
        company.open(row, 0, None)
    ends = np.array([LATELY_SAMPLES + 1, LATELY_SAMPLES + 1])
    assert company.absent(np.array([0, 1]), ends, np.array([True, False])).tolist() == [False, True]
