"""The failure policy in action: attempts are scripted, time is virtual."""

import asyncio
import logging
from collections.abc import Sequence

import pytest

from configs.providers import PRICES_FILE, CallSettings
from pipeline.events import ProviderRole
from pipeline.providers.account import Account
from pipeline.providers.breaker import BreakerState
from pipeline.providers.calls import Answered, Ask, Reply
from pipeline.providers.errors import AnswerUnreadable, CallLost, CallRefused, Category
from pipeline.providers.policy import POLICY, operator_alerts
from pipeline.providers.prices import Usage, load_prices
from pipeline.stages import StageFailed

pytestmark = pytest.mark.virtual_time
PRICES = load_prices(PRICES_FILE)
USAGE = Usage(audio_s=3.6)


class Script:
    """Attempts in order: an exception to raise, a number of seconds to take, or "ok"."""

    def __init__(self, steps: Sequence[object]) -> None:
        self._steps = list(steps)
        self.at: list[float] = []

    async def __call__(self) -> Reply[str]:
        self.at.append(asyncio.get_running_loop().time())
        step = self._steps.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, float):
            await asyncio.sleep(step)
        return Reply(value="said", model="scribe_v2", usage=USAGE, http_status=200, request_id="r1")


def account(**changes: object) -> Account:
    clock = asyncio.get_running_loop().time
    settings = CallSettings.model_validate(changes)
    return Account("elevenlabs", ProviderRole.TRANSCRIBER, settings, PRICES, clock)


def ask(budget_s: float = 10.0) -> Ask:
    return Ask(turn="b1", budget_s=budget_s, model="scribe_v2", usage=USAGE, session_id="s1", utterance_id="u1")


def refused(category: Category, retry_after_s: float | None = None) -> CallRefused:
    return CallRefused(category, "no", http_status=429, retry_after_s=retry_after_s)


async def test_a_good_answer_comes_with_its_cost() -> None:
    answer = await account().call(Script(["ok"]), ask())
    assert isinstance(answer, Answered)
    (call,) = answer.calls
    assert (call.outcome, call.attempt, call.http_status, call.request_id) == ("ok", 1, 200, "r1")
    assert call.cost_usd == pytest.approx(3.6 * 0.22 / 3600)
    assert call.price_version == PRICES.version
    assert (call.session_id, call.utterance_id) == ("s1", "u1")


@pytest.mark.parametrize("category", [c for c in Category if POLICY[c].backoff_s is not None])
async def test_what_may_pass_is_tried_again(category: Category) -> None:
    answer = await account().call(Script([refused(category), "ok"]), ask())
    assert isinstance(answer, Answered)
    assert [call.outcome for call in answer.calls] == [category, "ok"]
    assert [call.attempt for call in answer.calls] == [1, 2]


@pytest.mark.parametrize("category", [c for c in Category if POLICY[c].backoff_s is None])
async def test_what_cannot_pass_is_not_tried_again(category: Category) -> None:
    script = Script([refused(category), "ok"])
    answer = await account().call(script, ask())
    assert isinstance(answer, StageFailed)
    assert answer.category == category
    assert answer.alert is POLICY[category].alert
    assert len(script.at) == 1


async def test_retries_wait_longer_each_time() -> None:
    script = Script([refused(Category.BUSY)] * 2 + ["ok"])
    await account().call(script, ask())
    first, second, third = script.at
    assert 0.375 <= second - first <= 1.125
    assert 0.75 <= third - second <= 2.25


async def test_retry_after_is_honoured() -> None:
    script = Script([refused(Category.RATE, retry_after_s=4.0), "ok"])
    await account().call(script, ask())
    assert script.at[1] - script.at[0] == pytest.approx(4.0)


async def test_a_retry_after_beyond_the_deadline_fails_at_once() -> None:
    started = asyncio.get_running_loop().time()
    answer = await account().call(Script([refused(Category.RATE, retry_after_s=30.0)]), ask(budget_s=5.0))
    assert isinstance(answer, StageFailed)
    assert answer.category == Category.RATE
    assert asyncio.get_running_loop().time() == started


async def test_the_deadline_is_over_everything() -> None:
    started = asyncio.get_running_loop().time()
    answer = await account().call(Script([8.0]), ask(budget_s=2.0))
    assert isinstance(answer, StageFailed)
    assert answer.category == Category.TIMEOUT
    assert asyncio.get_running_loop().time() - started == pytest.approx(2.0)
    (call,) = answer.calls
    assert call.outcome == Category.TIMEOUT
    assert call.cost_usd > 0  # the provider may bill what it was sent


async def test_waiting_for_a_turn_counts_against_the_deadline() -> None:
    one = account(max_concurrent=1)
    busy = asyncio.create_task(one.call(Script([5.0]), ask()))
    await asyncio.sleep(0)
    answer = await one.call(Script(["ok"]), ask(budget_s=1.0))
    assert isinstance(answer, StageFailed)
    assert (answer.category, answer.calls) == (Category.TIMEOUT, ())
    assert isinstance(await busy, Answered)


async def test_a_dribbling_attempt_is_cut_and_tried_again() -> None:
    answer = await account(attempt_timeout_s=2.0).call(Script([60.0, "ok"]), ask())
    assert isinstance(answer, Answered)
    assert [call.outcome for call in answer.calls] == [Category.TIMEOUT, "ok"]


async def test_a_full_queue_is_not_retried() -> None:
    one = account(max_concurrent=1, queue_limit=1, queue_limit_per_counter=1)
    held = [asyncio.create_task(one.call(Script([1.0]), ask())) for _ in range(2)]
    await asyncio.sleep(0)
    answer = await one.call(Script(["ok"]), ask())
    assert isinstance(answer, StageFailed)
    assert answer.category == Category.QUEUE_FULL
    await asyncio.gather(*held)


async def test_the_breaker_opens_and_a_probe_closes_it() -> None:
    one = account(attempts=1, breaker_failures=2, breaker_open_s=10.0)
    for _ in range(2):
        await one.call(Script([refused(Category.TRANSIENT)]), ask())
    script = Script(["ok", "ok"])
    answer = await one.call(script, ask())
    assert isinstance(answer, StageFailed)
    assert (answer.category, answer.calls, script.at) == (Category.UNAVAILABLE, (), [])
    await asyncio.sleep(10.0)
    assert isinstance(await one.call(script, ask()), Answered)
    assert one.breaker.state is BreakerState.CLOSED


async def test_an_outage_and_its_end_are_said_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    one = account(attempts=1, breaker_failures=2, breaker_open_s=10.0)
    script = Script([refused(Category.TRANSIENT)] * 3 + ["ok", "ok"])
    with caplog.at_level(logging.WARNING, logger="pipeline.providers.account"):
        for wait_s in (0.0, 10.0, 10.0, 0.0, 0.0):
            await one.call(script, ask())
            await asyncio.sleep(wait_s)
    assert [record.message for record in caplog.records if record.name == "pipeline.providers.account"] == [
        "ALERT elevenlabs/stt: it keeps failing (transitoria) and is being left alone",
        "elevenlabs/stt answers again",
    ]


async def test_quota_is_told_once_and_then_the_provider_is_left_alone() -> None:
    one = account(breaker_refused_open_s=60.0)
    first = await one.call(Script([refused(Category.QUOTA)]), ask())
    assert isinstance(first, StageFailed)
    assert first.alert
    assert [(alert.component, alert.kind, alert.alert) for alert in operator_alerts(first.calls)] == [
        ("elevenlabs", Category.QUOTA, True)
    ]
    again = await one.call(Script([refused(Category.QUOTA)]), ask())
    assert isinstance(again, StageFailed)
    assert (again.category, again.alert) == (Category.UNAVAILABLE, False)


async def test_our_own_bad_request_says_nothing_of_the_providers_health() -> None:
    one = account(breaker_failures=1)
    await one.call(Script([refused(Category.INVALID)]), ask())
    assert one.breaker.state is BreakerState.CLOSED


async def test_retries_are_budgeted_and_successes_refill_them() -> None:
    one = account(retry_budget=1, retry_refund=1, breaker_failures=100)
    script = Script(
        [refused(Category.TRANSIENT)] * 2 + [refused(Category.TRANSIENT)] + ["ok", refused(Category.RATE), "ok"]
    )
    first = await one.call(script, ask())
    assert len(first.calls) == 2  # one retry in hand, the third attempt is not made
    second = await one.call(script, ask())
    assert len(second.calls) == 1
    assert isinstance(await one.call(script, ask()), Answered)
    assert len((await one.call(script, ask())).calls) == 2


async def test_busy_answers_lower_our_own_concurrency() -> None:
    one = account(max_concurrent=4)
    await one.call(Script([refused(Category.BUSY), refused(Category.BUSY), "ok"]), ask())
    assert one.turns.slots == 2


async def test_cost_of_attempts_that_were_perhaps_billed_is_counted() -> None:
    steps = [AnswerUnreadable(Category.MALFORMED, "x", billed=True), CallLost(Category.TRANSIENT, "x"), "ok"]
    answer = await account().call(Script(steps), ask())
    assert [call.cost_usd > 0 for call in answer.calls] == [True, False, True]


async def test_a_caller_that_leaves_leaves_nothing_behind() -> None:
    one = account(max_concurrent=1)
    task = asyncio.create_task(one.call(Script([5.0]), ask()))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (one.turns.taken, one.breaker.state) == (0, BreakerState.CLOSED)
    assert isinstance(await one.call(Script(["ok"]), ask()), Answered)


async def test_a_model_known_only_from_its_answer_is_priced_as_the_one_asked_for() -> None:
    async def renamed() -> Reply[str]:
        return Reply(value="x", model="scribe_v2-20261101", usage=USAGE)

    answer = await account().call(renamed, ask())
    assert answer.calls[0].model == "scribe_v2-20261101"
    assert answer.calls[0].cost_usd == pytest.approx(3.6 * 0.22 / 3600)
