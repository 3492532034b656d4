"""Our engines as a gate replica runs them: every stream's next 100 ms in one step of one host."""

import time
from collections.abc import Iterator, Mapping

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.stages import GateReply, StreamOpening, StreamTick

TICK_BYTES = 3200


def stepped(engine: str, streams: Mapping[str, bytes], final: bool) -> Iterator[tuple[list[GateReply], float]]:
    """Replies and CPU seconds of every tick of one host that advances all `streams` together."""
    host = make_host(GateSettings(engine=engine))
    for at in range(0, max(map(len, streams.values())), TICK_BYTES):
        ticks = [
            StreamTick(
                name,
                at // 2,
                pcm[at : at + TICK_BYTES],
                None if at else StreamOpening(),
                final and at + TICK_BYTES >= len(pcm),
            )
            for name, pcm in streams.items()
            if at < len(pcm)
        ]
        began = time.process_time()
        replies = host.step(ticks)
        yield replies, time.process_time() - began
