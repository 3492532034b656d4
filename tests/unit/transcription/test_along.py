"""Transcription of speech that was heard while it was spoken: parts may be late, missing or of nothing."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from pipeline.events import ProviderCalled
from pipeline.stages import SpeechPart, StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription.along import AlongTranscriber
from tests.fakes.stages import FakeTranscriber, said

pytestmark = pytest.mark.virtual_time


@dataclass
class Session:
    """Keeps what it was fed; a commit answers with the audio's length."""

    fed: bytes = b""
    partial: str = ""
    commits: list[bytes] = field(default_factory=list)
    settled: list[bytes] = field(default_factory=list)
    closed: bool = False
    takes_s: float = 0.0
    settles_s: float = 0.0
    fails: bool = False

    async def feed(self, pcm: bytes) -> None:
        self.fed += pcm

    async def commit(self, utterance_id: str, budget_s: float) -> Transcription | StageFailed:
        audio, self.fed = self.fed, b""
        await asyncio.sleep(self.takes_s)
        self.commits.append(audio)
        return StageFailed(category="timeout", message="x") if self.fails else said(f"ao vivo {len(audio) // 2}")

    async def settle(self, budget_s: float) -> None:
        self.settled.append(self.fed)
        self.fed = b""
        await asyncio.sleep(self.settles_s)

    async def so_far(self) -> Transcription | StageFailed:
        await asyncio.sleep(self.takes_s)
        return replace(said(f"até aqui {sum(map(len, self.settled)) // 2}"), calls=())

    async def discard(self) -> None:
        self.fed = b""

    async def aclose(self) -> None:
        self.closed = True


class Live:
    def __init__(self) -> None:
        self.session = Session()

    def open(self, stream_id: str, *, balcao_id: str, on_partial: object = None) -> Session:
        return self.session

    def unclaimed(self) -> tuple[ProviderCalled, ...]:
        return said("").calls

    async def aclose(self) -> None: ...


def pause(utterance: int, at: int) -> SpeechPart:
    return SpeechPart("s", "b", utterance, at, b"", settle_within_s=6.0)


def part(utterance: int, start: int, samples: int) -> SpeechPart:
    return SpeechPart("s", "b", utterance, start, b"\1\0" * samples)


def request(start: int, samples: int, speech_end: int | None = None) -> TranscriptionRequest:
    return TranscriptionRequest(
        session_id="s",
        utterance_id="u",
        balcao_id="b",
        cliente_codigo="c",
        pcm=b"\1\0" * samples,
        start_sample=start,
        speech_end_sample=speech_end,
        budget_s=10,
    )


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture
def whole() -> FakeTranscriber:
    return FakeTranscriber(answers=[said("inteiro")] * 5)


async def text(along: AlongTranscriber, asked: TranscriptionRequest) -> str:
    answer = await along.transcribe(asked)
    assert isinstance(answer, Transcription)
    return answer.text


async def test_what_was_heard_along_the_way_is_only_committed(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600), part(1000, 2600, 1600)])
    assert await text(along, request(1000, 3200)) == "ao vivo 3200"
    assert whole.asked == []


async def test_what_did_not_arrive_in_time_comes_from_the_request(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600)])
    assert await text(along, request(1000, 3200)) == "ao vivo 3200"
    await along.feed([part(1000, 2600, 1600)])  # late
    assert live.session.fed == b""


async def test_after_a_pause_that_was_the_end_only_the_answer_is_awaited(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 3200), pause(1000, 4200)])
    assert await text(along, request(1000, 6000, speech_end=3900)) == "ao vivo 0"
    assert [len(pcm) // 2 for pcm in live.session.settled] == [3200]


async def test_after_a_pause_that_was_not_the_rest_is_asked_for_once(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 3200), pause(1000, 4200), part(1000, 4200, 800)])
    assert await text(along, request(1000, 6000, speech_end=6500)) == "ao vivo 2800"
    assert [len(pcm) // 2 for pcm in live.session.settled] == [3200]


async def test_a_pause_of_one_utterance_says_nothing_of_the_next(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 3200), pause(1000, 4200)])
    await text(along, request(1000, 6000, speech_end=3900))
    await along.feed([part(9000, 9000, 800)])
    assert await text(along, request(9000, 1600, speech_end=9800)) == "ao vivo 1600"


async def test_a_pause_after_a_part_that_is_missing_is_not_believed(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600), pause(1000, 4200)])
    assert await text(along, request(1000, 3200, speech_end=3900)) == "ao vivo 3200"
    assert live.session.settled == []


def foreseen(start: int, samples: int) -> TranscriptionRequest:
    return replace(request(start, samples), foreseen=True)


async def test_an_open_utterance_has_the_text_that_was_asked_for_in_its_pause(
    live: Live, whole: FakeTranscriber
) -> None:
    along = AlongTranscriber(live, whole)
    live.session.takes_s = 3.0
    await along.feed([part(1000, 1000, 3200)])
    asking = asyncio.create_task(text(along, foreseen(1000, 3200)))  # the question may come before the pause
    await asyncio.sleep(0.1)
    await along.feed([pause(1000, 4200)])
    assert await asking == "até aqui 3200"
    assert await text(along, request(1000, 6000, speech_end=3900)) == "ao vivo 0"
    assert whole.asked == []


async def test_of_a_pause_that_was_not_asked_in_there_is_nothing_to_say(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    nobody = await along.transcribe(foreseen(1000, 3200))
    await along.feed([part(1000, 1000, 3200)])
    began = asyncio.get_running_loop().time()
    too_short = await along.transcribe(foreseen(1000, 3200))
    assert asyncio.get_running_loop().time() - began == pytest.approx(0.5)
    asking = asyncio.create_task(along.transcribe(foreseen(1000, 3200)))
    await asyncio.sleep(0)
    assert await text(along, request(1000, 3200)) == "ao vivo 3200"
    over = await asking
    for answer in (nobody, too_short, over):
        assert isinstance(answer, StageFailed)
        assert (answer.category, answer.calls) == ("indisponivel", ())
    assert whole.asked == []


async def test_what_came_to_nothing_is_still_told(live: Live, whole: FakeTranscriber) -> None:
    assert len(AlongTranscriber(live, whole).unclaimed()) == 1


async def test_an_utterance_whose_first_part_is_missing_is_heard_from_its_beginning(
    live: Live, whole: FakeTranscriber
) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 2600, 1600)])
    await along.feed([part(50_000, 51_600, 1600)])
    assert await text(along, request(1000, 3200)) == "ao vivo 3200"
    assert await text(along, request(50_000, 3200)) == "ao vivo 3200"
    assert await text(along, replace(request(90_000, 800), start_sample=90_800)) == "inteiro"


async def test_an_opening_that_moved_back_a_little_loses_nothing(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 2600, 1600)])
    assert await text(along, request(1800, 3200)) == "ao vivo 3200"


async def test_parts_that_come_while_others_are_caught_up_with_stay_in_order(
    live: Live, whole: FakeTranscriber
) -> None:
    along = AlongTranscriber(live, whole)
    live.session.takes_s, live.session.settles_s = 1.0, 0.5
    await along.feed([part(1000, 1000, 1600)])
    first = asyncio.create_task(along.transcribe(request(1000, 1600)))
    await asyncio.sleep(0.1)
    await along.feed([part(3000, 3000, 1600), pause(3000, 4600), part(9000, 9000, 800)])
    second = asyncio.create_task(along.transcribe(request(3000, 2400, speech_end=4500)))
    await asyncio.sleep(1.2)
    await along.feed([part(9000, 9800, 800)])  # the pause of the second one is being taken in
    assert isinstance(await first, Transcription)
    assert isinstance(await second, Transcription)
    assert await text(along, request(9000, 1600)) == "ao vivo 1600"
    assert (len(live.session.settled[0]), whole.asked) == (3200, [])


async def test_a_late_request_leaves_a_later_utterance_alone(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(50_000, 50_000, 1600)])
    assert await text(along, request(1000, 3200)) == "inteiro"
    assert await text(along, request(50_000, 1600)) == "ao vivo 1600"


async def test_without_parts_the_whole_utterance_is_transcribed(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    assert await text(along, request(1000, 3200)) == "inteiro"


async def test_another_utterance_than_was_heard_is_transcribed_whole(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(90_000, 90_000, 1600)])
    assert await text(along, request(1000, 3200)) == "inteiro"


async def test_a_live_failure_falls_back_and_keeps_its_calls(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    live.session.fails = True
    live.session.takes_s = 3
    await along.feed([part(1000, 1000, 3200)])
    assert await text(along, request(1000, 3200)) == "inteiro"
    assert whole.asked[0].budget_s == pytest.approx(7)


async def test_the_next_utterance_waits_while_one_is_being_answered(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600)])
    await along.feed([part(50_000, 50_000, 800)])
    assert await text(along, request(1000, 1600)) == "ao vivo 1600"
    await along.feed([part(50_000, 50_800, 800)])
    assert await text(along, request(50_000, 1600)) == "ao vivo 1600"
    assert whole.asked == []


async def test_a_candidate_that_was_no_speech_is_forgotten(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600), SpeechPart("s", "b", 1000, 2600, b""), part(9000, 9000, 1600)])
    assert await text(along, request(9000, 1600)) == "ao vivo 1600"


async def test_a_stream_that_ended_has_its_session_closed(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600)])
    await along.end(["s", "unknown"])
    assert live.session.closed


async def test_a_stream_that_is_quiet_for_long_is_closed_whoever_ends_it(live: Live, whole: FakeTranscriber) -> None:
    """Its counter may speak to another replica by now, which will hear of its end."""
    along = AlongTranscriber(live, whole, quiet_close_s=300.0)
    await along.feed([part(1000, 1000, 1600)])
    await asyncio.sleep(200)
    await along.feed([SpeechPart("other", "b", 0, 0, b"\1\0")])
    assert not live.session.closed
    await asyncio.sleep(101)
    await along.feed([SpeechPart("other", "b", 0, 1, b"\1\0")])
    assert live.session.closed
    live.session.closed = False
    await along.feed([part(9000, 9000, 1600)])
    assert (await text(along, request(9000, 1600))).startswith("ao vivo")


async def test_a_late_part_of_an_utterance_whose_text_hangs_holds_nobody_up(live: Live, whole: FakeTranscriber) -> None:
    along = AlongTranscriber(live, whole)
    await along.feed([part(1000, 1000, 1600)])
    live.session.takes_s = 5.0
    asking = asyncio.create_task(along.transcribe(request(1000, 3200)))
    await asyncio.sleep(0.1)
    async with asyncio.timeout(0.1):
        await along.feed([part(1000, 2600, 1600), part(9000, 9000, 1600)])
    answer = await asking
    assert isinstance(answer, Transcription)
    assert answer.text == "ao vivo 3200"
    live.session.takes_s = 0.0
    assert await text(along, request(9000, 1600)) == "ao vivo 1600"
