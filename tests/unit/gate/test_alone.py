"""A run of hops is judged alike whether it is the only one or one of many."""

import numpy as np

from pipeline.gate.attention import Question
from pipeline.gate.verdicts import Judge

HOP = 512
STREAMS = 4


def asked(rows, counts, end_sample):
    counts = np.array(counts)
    offsets = counts.cumsum() - counts
    hops = np.concatenate([np.arange(count) for count in counts])
    ends = end_sample + (hops + 1 - counts.repeat(counts)) * HOP
    fresh = np.zeros(len(rows), np.bool_)
    return Question(np.array(rows), np.array(rows), fresh, counts, offsets, np.array(rows).repeat(counts), hops, ends)


def judge():
    judge = Judge()
    judge.reserve(STREAMS)
    for row in range(STREAMS):
        judge.open(row, 0, 6.0 * row, None)
    return judge


def test_the_only_one_is_judged_as_one_of_many():
    """Hissing, talking, a crowd's steady voice and quiet, for long enough that each is told apart and company goes."""
    rng, together, alone = np.random.default_rng(7), judge(), judge()
    centre, spread = np.array([-4.0, 1.0, -1.0, -2.5]), np.array([1.0, 4.0, 0.2, 1.0])
    for quantum in range(900):
        counts = rng.integers(3, 14, STREAMS).tolist()
        question, floors = asked(range(STREAMS), counts, 1600 * (quantum + 1)), rng.uniform(-60, -50, STREAMS)
        of_hop = question.owners
        logits = (centre[of_hop] + spread[of_hop] * rng.standard_normal(len(of_hop))).astype(np.float32)
        powers = (10 ** rng.uniform(3, 5, len(of_hop))).astype(np.float32)
        told = together.judge(question, logits, powers, floors)
        for row, count in enumerate(counts):
            mine = of_hop == row
            only = alone.judge(asked([row], [count], 1600 * (quantum + 1)), logits[mine], powers[mine], floors[[row]])
            assert only.get(row) == told.get(row)
            assert alone.memory(row) == together.memory(row)
            assert alone.crowds.power(row) == together.crowds.power(row)
