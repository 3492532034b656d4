from hypothesis import given
from hypothesis import strategies as st

from pipeline.conversation.account import AudioAccount

STEPS = st.lists(st.tuples(st.booleans(), st.integers(0, 200_000), st.integers(0, 200_000)), max_size=30)


@given(STEPS)
def test_every_sample_is_counted_once_whatever_overlaps(steps: list[tuple[bool, int, int]]) -> None:
    account = AudioAccount()
    entries = []
    for forwarded, start, length in steps:
        entries.append(account.forward(start, start + length) if forwarded else account.discard(start + length))
    assert all(abs(e.received_s - e.forwarded_s - e.discarded_s) < 1e-9 for e in entries)
    assert all(min(e.received_s, e.forwarded_s, e.discarded_s) >= 0 for e in entries)
    assert abs(sum(e.received_s for e in entries) - account.accounted_sample / 16_000) < 1e-6
    assert abs(account.total.forwarded_s - sum(e.forwarded_s for e in entries)) < 1e-6


def test_the_overlap_of_two_utterances_is_not_counted_twice() -> None:
    account = AudioAccount()
    account.forward(16_000, 48_000)
    second = account.forward(40_000, 64_000)
    assert (second.received_s, second.forwarded_s, second.discarded_s) == (1.0, 1.0, 0.0)
    assert account.total.forwarded_s == 3.0
