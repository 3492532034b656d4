from pipeline.providers.breaker import Breaker, BreakerState


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def make(clock: Clock, failures: int = 3) -> Breaker:
    return Breaker(failures, 10.0, clock)


def failed_times(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allow()
        breaker.failed()


def test_opens_after_a_run_of_failures_only() -> None:
    breaker = make(Clock())
    failed_times(breaker, 2)
    breaker.succeeded()
    failed_times(breaker, 2)
    assert breaker.state is BreakerState.CLOSED
    failed_times(breaker, 1)
    assert breaker.state is BreakerState.OPEN
    assert not breaker.allow()


def test_one_probe_goes_out_when_the_time_is_up_and_decides() -> None:
    clock = Clock()
    breaker = make(clock)
    failed_times(breaker, 3)
    clock.now += 10.0
    assert breaker.ready()
    assert breaker.allow()
    assert not breaker.allow()  # the probe is out
    breaker.failed()
    assert not breaker.allow()
    clock.now += 10.0
    assert breaker.allow()
    breaker.succeeded()
    assert breaker.allow()
    assert breaker.allow()


def test_an_abandoned_probe_lets_the_next_call_probe() -> None:
    clock = Clock()
    breaker = make(clock)
    failed_times(breaker, 3)
    clock.now += 10.0
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.state is BreakerState.OPEN
    assert breaker.allow()


def test_a_refusal_opens_at_once_and_for_its_own_time() -> None:
    clock = Clock()
    breaker = make(clock)
    assert breaker.allow()
    breaker.failed(open_for_s=60.0)
    clock.now += 59.9
    assert not breaker.ready()
    clock.now += 0.1
    assert breaker.ready()
