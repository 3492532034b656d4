from hypothesis import given
from hypothesis import strategies as st

from client.backoff import Backoff


@given(attempt=st.integers(0, 10_000), drawn=st.floats(0, 1))
def test_a_wait_is_within_its_bounds(attempt: int, drawn: float) -> None:
    backoff = Backoff(first_s=1.0, longest_s=30.0, least_s=0.1, uniform=lambda low, high: low + drawn * (high - low))
    assert 0.1 <= backoff.delay_s(attempt) <= 30.0


def test_the_ceiling_doubles_until_the_longest() -> None:
    backoff = Backoff(first_s=1.0, longest_s=5.0, uniform=lambda low, high: high)
    assert [backoff.delay_s(attempt) for attempt in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]


def test_counters_that_lose_the_server_together_do_not_return_together() -> None:
    delays = {Backoff().delay_s(3) for _ in range(50)}
    assert len(delays) > 40
