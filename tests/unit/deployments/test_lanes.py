"""Lanes against gate replicas that live, move, hang and die: every utterance is delivered, whole and once."""

import asyncio

import pytest

from deployments.lane import CALLS_AT_ONCE, HANDED_OUT_AT_ONCE
from deployments.wire import ReplyColumns, TickColumns
from pipeline.stages import StreamId
from tests.unit.deployments.toy_gate import QUIET, SPEECH, TENTH, Shop, ToyReplica, utterances

pytestmark = pytest.mark.virtual_time

SCRIPT = "..ssss.ss....sss...s" * 3


async def test_streams_spread_over_replicas_and_stay_where_they_are() -> None:
    shop = Shop(replicas=2)
    for n in range(10):
        shop.connect(f"c{n}")
    assert shop.lanes.load == {"r0": 5, "r1": 5}
    await shop.play(SCRIPT)
    await shop.finish()
    assert all(spans == utterances(SCRIPT) for spans in shop.spans.values())
    assert all(len(replica.decided) == 5 for replica in shop.replicas.values())


async def test_one_call_per_replica_and_tick_carries_every_stream() -> None:
    shop = Shop(replicas=1)
    for n in range(50):
        shop.connect(f"c{n}")
    await shop.play("." * 20)
    assert len(shop.calls_bytes) <= 22
    await shop.finish()


async def test_new_replicas_get_streams_while_those_are_silent() -> None:
    shop = Shop(replicas=1)
    for n in range(12):
        shop.connect(f"c{n}")
    await shop.play("..ss")
    shop.scale_to("r0", "r1", "r2", "r3")
    await shop.play("ss")
    assert shop.lanes.load["r0"] == 12, "a speaking stream does not move"
    await shop.play("....." + SCRIPT)
    assert shop.lanes.load == {"r0": 3, "r1": 3, "r2": 3, "r3": 3}
    await shop.finish()
    assert all(spans == utterances("..ss" + "ss" + "....." + SCRIPT) for spans in shop.spans.values())


async def test_a_draining_replica_is_left_in_the_middle_of_speech_and_nothing_is_lost() -> None:
    shop = Shop(replicas=3)
    for n in range(9):
        shop.connect(f"c{n}")
    await shop.play("..sss")
    shop.scale_to("r1")
    await shop.play("ss....")
    await shop.finish()
    assert all(spans == [(2, 7)] for spans in shop.spans.values())


async def test_a_replica_killed_during_speech_loses_duplicates_and_cuts_nothing() -> None:
    shop = Shop(replicas=2)
    for n in range(6):
        shop.connect(f"c{n}")
    await shop.play("..ss....sss")
    shop.replicas["r0"].alive = False
    await shop.play("ss....ss")
    shop.scale_to("r1", "r2")
    await shop.play("....")
    await shop.finish()
    assert all(spans == [(2, 4), (8, 13), (17, 19)] for spans in shop.spans.values())


async def test_audio_waits_while_there_is_no_replica_at_all() -> None:
    shop = Shop(replicas=0)
    shop.connect("c0")
    await shop.play("..sss....")
    shop.scale_to("r0")
    await shop.finish()
    assert shop.spans["c0"] == [(2, 5)]


async def test_the_only_replica_is_tried_again_after_a_failure() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play("..sss")
    shop.replicas["r0"].alive = False
    await shop.play("s...")
    shop.replicas["r0"] = ToyReplica()  # restarted: knows nothing
    await shop.play("...ss....")
    await shop.finish()
    assert shop.spans["c0"] == [(2, 6), (12, 14)]


async def test_a_replica_that_hangs_is_left_for_another() -> None:
    shop = Shop(replicas=2, gate_timeout_s=1.0)
    for n in range(4):
        shop.connect(f"c{n}")
    await shop.play("..ss")
    shop.replicas["r0"].hangs_s = 3600
    await shop.play("ss.....ss....")
    await shop.finish()
    assert all(spans == [(2, 6), (11, 13)] for spans in shop.spans.values())


async def test_a_replica_that_answers_late_is_sent_the_next_audio_meanwhile_within_bounds() -> None:
    shop = Shop(replicas=1)
    shop.replicas["r0"].hangs_s = 0.25  # longer than two steps of audio
    shop.connect("c0")
    await shop.play(SCRIPT)
    assert len(shop.spans["c0"]) >= len(utterances(SCRIPT)) - 2  # not behind: the last two are still open
    assert 1 < shop.replicas["r0"].most_under_way <= CALLS_AT_ONCE
    await shop.finish()
    assert shop.spans["c0"] == utterances(SCRIPT)


async def test_replies_that_overtook_a_lost_one_are_void_and_that_audio_is_decided_again() -> None:
    shop = Shop(replicas=1)
    shop.replicas["r0"].hangs_s = 0.25
    shop.connect("c0")
    await shop.play(SCRIPT[:7])
    shop.replicas["r0"].lose_replies = 1
    await shop.play(SCRIPT[7:])
    await shop.finish()
    assert shop.spans["c0"] == utterances(SCRIPT)


async def test_what_is_no_news_is_not_told() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play("." * 50)
    assert len(shop.replies["c0"]) == pytest.approx(10, abs=1)  # the toy's replay point moves every half second
    await shop.play("ss....")
    await shop.finish()
    assert shop.spans["c0"] == [(50, 52)]


async def test_replies_that_arrive_together_are_handed_out_one_call_after_another() -> None:
    shop = Shop(replicas=1)
    for n in range(3 * HANDED_OUT_AT_ONCE):
        shop.connect(f"c{n}")
    *_, last = shop.audio
    await shop.play("..")
    shop.replicas["r0"].answers.clear()
    shop.hear({last: SPEECH + QUIET})
    await asyncio.sleep(0.1)
    shop.hear({last: QUIET + QUIET})  # an utterance has ended: told before the silence of all others
    await asyncio.sleep(0.1)
    shop.replicas["r0"].answers.set()
    await shop.finish()
    decided = [reply.decided_upto_sample for reply in shop.replies[last]]
    assert decided == sorted(decided)
    assert shop.spans[last] == [(2, 3)]


async def test_every_sample_is_decided_once_where_no_replica_failed() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play(SCRIPT)
    await shop.finish()
    ranges = shop.replicas["r0"].decided["c0"]
    assert [start for start, _ in ranges[1:]] == [end for _, end in ranges[:-1]]
    assert ranges[-1][1] == len(SCRIPT) * TENTH


async def test_a_call_stays_under_the_size_limit_after_a_long_wait() -> None:
    shop = Shop(replicas=0, max_call_bytes=1 << 17)
    for n in range(4):
        shop.connect(f"c{n}")
    await shop.play("." * 100)
    shop.scale_to("r0")
    await shop.finish()
    assert max(shop.calls_bytes) <= 1 << 17
    assert all(sum(end - start for start, end in r) == 100 * TENTH for r in shop.replicas["r0"].decided.values())


async def test_a_stream_that_left_is_forgotten_by_its_replica() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    shop.connect("c1")
    await shop.play("...")
    shop.streams.pop("c0").close()
    shop.audio.pop("c0")
    await shop.play("...")
    assert set(shop.replicas["r0"].streams) == {"c1"}
    await shop.finish()


async def test_audio_that_has_piled_up_is_shared_fairly_and_caught_up() -> None:
    """Ten counters with 10 s each, in calls of 64 KiB: each is served once before any is served again."""
    shop = Shop(1, max_call_bytes=1 << 16)
    for number in range(10):
        shop.connect(f"c{number}")
    for stream_id, audio in shop.audio.items():
        audio.append(SPEECH * 90 + QUIET * 10)
        shop.streams[stream_id].notify()
    served: list[StreamId] = []
    step = shop.replicas["r0"].step

    async def noted(columns: TickColumns) -> ReplyColumns:
        served.extend(columns.stream_ids)
        return await step(columns)

    shop.replicas["r0"].step = noted  # type: ignore[method-assign]
    await asyncio.sleep(3)
    assert len(set(served[:10])) == 10
    assert not any(stream.delivery.due for stream in shop.streams.values())
    await shop.finish()
    assert all(spans == [(0, 90)] for spans in shop.spans.values())
