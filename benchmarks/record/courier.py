"""What a card waits for the record, and what a fact costs: counters' facts through spool, courier and writer.

No Ray: the counters' process and the recorder's, the product's own objects, publications going on.
`python -m benchmarks.record.courier` prints one line of JSON: CPU of both processes, without what the load itself
costs (the same events to nobody, measured first).
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.record import remote
from benchmarks.record.remote import Remote
from configs.record import RecordSettings
from pipeline.events import (
    Decided,
    ErrorNoted,
    Event,
    InteractionOutcome,
    LatencyBreakdown,
    ProductSuggested,
    ProviderCalled,
    ProviderRole,
    SessionStarted,
    Shown,
    Transcribed,
    UtteranceHeard,
)
from pipeline.ids import new_id
from pipeline.record.batch import Batch, pack
from pipeline.record.courier import Courier, Deliver
from pipeline.record.spool import Spool
from pipeline.record.wire import encode
from pipeline.stages import Recorder

UTTERANCE_EVERY_S = 8.0
CARD_EVERY_UTTERANCES = 25  # 1,000 counters: 125 utterances and 5 cards a second
EVENTS_PER_COUNTER_S = (3 + 3 / CARD_EVERY_UTTERANCES) / UTTERANCE_EVERY_S
STARTS_WITHIN_S = 60.0
_TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class Timing:
    began_s: float
    ended_s: float

    @property
    def ms(self) -> float:
        return (self.ended_s - self.began_s) * 1000

    def overlaps(self, other: "Timing") -> bool:
        return self.began_s < other.ended_s and other.began_s < self.ended_s


class Nobody:
    """Takes events and forgets them: what the load itself costs."""

    async def record(self, events: Sequence[Event]) -> None:
        self.note(events)

    def note(self, events: Sequence[Event]) -> None:
        """Nothing."""


def heard(session_id: str, utterance_id: str) -> list[Event]:
    """What one utterance leaves, noted as a conversation notes it."""
    return [
        UtteranceHeard(
            session_id=session_id, utterance_id=utterance_id,
            conversation_id=session_id, start_sample=0, end_sample=32_000, received_s=8.0, forwarded_s=2.0,
            discarded_s=6.0, closing_silence_ms=600.0, gate_ms=95.0, noise_dbfs=-50.0, speech_dbfs=-28.0, snr_db=18.5,
            clipped_fraction=0.0, dc_offset=0.001, engine="cascade",
        ),
        ProviderCalled(
            session_id=session_id, utterance_id=utterance_id,
            role=ProviderRole.TRANSCRIBER, provider="elevenlabs", model="scribe_v2", attempt=1, outcome="ok",
            http_status=200, latency_ms=480.0, audio_s=2.0, cost_usd=0.0002, price_version="2026-11",
        ),
        Transcribed(
            session_id=session_id, utterance_id=utterance_id,
            conversation_id=session_id, provider="elevenlabs", model="scribe_v2", words=9, latency_ms=500.0,
            text="boa tarde eu queria alguma coisa para dor de garganta", language="pt", confidence=0.97,
        ),
    ]  # fmt: skip


def card(session_id: str, utterance_id: str) -> tuple[list[Event], list[Event]]:
    """What is recorded before a card is shown, and what is noted after."""
    interaction_id = new_id()
    latency = LatencyBreakdown(closing_silence_ms=600.0, transcription_ms=500.0, recommendation_ms=700.0)
    before: list[Event] = [
        Decided(
            interaction_id=interaction_id, session_id=session_id, conversation_id=session_id, utterance_id=utterance_id,
            outcome=InteractionOutcome.SUGGESTED, engine="xai", model="grok-4-fast", latency=latency,
            transcript_base="dor de garganta", evidence=("dor de garganta",), symptoms=("dor_de_garganta",),
        ),
        ProductSuggested(
            interaction_id=interaction_id, session_id=session_id, position=1, sku="789", produto="Pastilha",
            explicacao="O cliente disse: dor de garganta",
        ),
    ]  # fmt: skip
    return before, [Shown(interaction_id=interaction_id, session_id=session_id, latency=latency)]


async def talk(recorder: Recorder, counters: int, seconds: float) -> tuple[int, list[float]]:
    """`counters` talking for `seconds`, evenly spread. Returns how many events, and each card's wait in ms."""
    sessions = [new_id() for _ in range(counters)]
    recorder.note(
        [
            SessionStarted(session_id=s, balcao_id=f"balcao-{n}", cliente_codigo="1", protocol_version=1, replica="r")
            for n, s in enumerate(sessions)
        ]
    )
    waits_ms: list[float] = []
    cards: set[asyncio.Task[None]] = set()

    async def show(before: list[Event], after: list[Event]) -> None:
        began = time.perf_counter()
        await recorder.record(before)
        waits_ms.append((time.perf_counter() - began) * 1000)
        recorder.note(after)

    said = 0
    events = counters
    began_s = time.monotonic()
    while (passed_s := time.monotonic() - began_s) < seconds:
        while said < passed_s * counters / UTTERANCE_EVERY_S:
            session_id, utterance_id = sessions[said % counters], new_id()
            found = heard(session_id, utterance_id)
            recorder.note(found)
            events += len(found)
            said += 1
            if said % CARD_EVERY_UTTERANCES == 0:
                before, after = card(session_id, utterance_id)
                events += len(before) + len(after)
                cards.add(asyncio.create_task(show(before, after)))
        await asyncio.sleep(_TICK_S)
    await asyncio.gather(*cards)
    return events, waits_ms


async def record_talk(
    deliver: Deliver, spool: Path, counters: int, seconds: float
) -> tuple[int, list[float], list[Timing]]:
    """How many events, each card's wait in ms, each delivery; ends once all is committed."""
    commits: list[Timing] = []

    async def timed(batch: Batch) -> int:
        began = time.perf_counter()
        seq = await deliver(batch)
        commits.append(Timing(began, time.perf_counter()))
        return seq

    courier = Courier(Spool(spool, new_id()), timed, RecordSettings())
    events, waits_ms = await talk(courier, counters, seconds)
    await courier.aclose()
    return events, waits_ms, commits


def percentile(values: list[float], fraction: float) -> float:
    return sorted(values)[int(len(values) * fraction)]


async def measure(folder: Path, counters: int, seconds: float) -> dict[str, Any]:
    own_s = time.process_time()
    await talk(Nobody(), counters, seconds / 2)
    own_s = 2 * (time.process_time() - own_s)
    recorder = Remote(folder)
    await _until_it_answers(recorder)
    began_s = time.process_time() + recorder.cpu_s
    events, waits_ms, _ = await record_talk(recorder.deliver, folder / "spool", counters, seconds)
    cost_s = time.process_time() + recorder.cpu_s - began_s - own_s
    recorder.close()
    return {
        "counters": counters,
        "events_per_s": round(events / seconds),
        "cards": len(waits_ms),
        "card_wait_p50_ms": round(statistics.median(waits_ms), 2),
        "card_wait_p99_ms": round(percentile(waits_ms, 0.99), 2),
        "card_wait_max_ms": round(max(waits_ms), 2),
        "cpu_us_per_event": round(cost_s / events * 1e6),
        "cpu_ms_per_counter_s": round(cost_s / counters / seconds * 1e3, 4),
    }


async def _until_it_answers(recorder: Remote) -> None:
    first = pack(new_id(), [(1, encode(1, ErrorNoted(component="bench", kind="inicio", message="")))])
    async with asyncio.timeout(STARTS_WITHIN_S):
        while True:
            try:
                await recorder.deliver(first)
                return
            except OSError:
                await asyncio.sleep(0.1)


def run(counters: int, seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="balto-bench-"))
    writer = remote.start(folder, RecordSettings())
    try:
        return asyncio.run(measure(folder, counters, seconds))
    finally:
        writer.kill()
        writer.wait()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counters", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    args = parser.parse_args()
    print(json.dumps(run(args.counters, args.seconds)))


if __name__ == "__main__":
    main()
