"""The gate's replicas: each hosts many streams and advances them together, one call per lane and tick."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

from configs.gate import GateSettings
from deployments.collection import collect_rarely
from deployments.direct_serving import serve_directly
from deployments.ending import at_its_end
from deployments.wire import ReplyColumns, TickColumns, pack_replies, unpack_ticks

# A tick of audio arrives in many pieces, and the loop waits for each until the thread that computes lets go of Python:
# at the default, 5 ms, a thousand counters' audio does not come in while the gate is busy.
SWITCH_INTERVAL_S = 0.0002


class GateReplica:
    async def __init__(  # type: ignore[misc]  # Serve awaits it: its calls belong to the loop
        self, settings: GateSettings, energy_threshold: int | None
    ) -> None:
        from pipeline.gate.host import make_host  # a model's libraries, for the gate's own processes only

        self._host = make_host(settings, energy_threshold)
        # One thread: ticks run one after another, off the loop that answers health checks.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gate")
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        collect_rarely()
        self._direct = await serve_directly({"step": self.step})
        at_its_end(self, self._direct.close)

    async def step(self, columns: TickColumns) -> ReplyColumns:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._step, columns)

    def _step(self, columns: TickColumns) -> ReplyColumns:
        if columns.forget:
            self._host.forget(columns.forget)
        return pack_replies(self._host.step(unpack_ticks(columns)))

    def record_autoscaling_stats(self) -> dict[str, float]:
        """What `deployments.scaling` scales on: ticks make the number of requests meaningless."""
        return {"streams": float(self._host.streams)}

    async def ready(self) -> bool:
        return True
