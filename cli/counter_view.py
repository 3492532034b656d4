"""What an attendant would see, on a terminal: the level, the progress, the cards."""

import asyncio
import math
import time
from array import array
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress

from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.output import CommandError, out
from client.counter import Connected, Counter, CounterEvent, Disconnected
from client.messages import Alert, Notice, Recommendation

QUIETEST_DBFS = -60.0
REFRESH_PER_S = 8


class CounterView:
    """One stream, shown until its source ends. `total_s` None: there is no end to progress towards."""

    def __init__(self, source: str, total_s: float | None) -> None:
        self._source = source
        self._total_s = total_s
        self._state = "[warn]connecting[/warn]"
        self._level_dbfs = QUIETEST_DBFS
        self._heard_s = 0.0
        self._counter: Counter | None = None
        self.cards = 0

    async def show(self, url: str, key: str, chunks: AsyncIterable[bytes], feedback: str | None) -> None:
        """Raises KeyRefused, AudioSourceError, and CommandError for a server that is not there at the start."""
        with Live(get_renderable=self._render, console=out, refresh_per_second=REFRESH_PER_S, transient=True):
            async with Counter(url, key) as counter:
                self._counter = counter
                feeding = asyncio.create_task(counter.stream(self._measured(chunks)), name="counter audio")
                following = asyncio.create_task(self._follow(counter, url, feedback), name="counter events")
                try:
                    done, _ = await asyncio.wait({feeding, following}, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
                finally:
                    for task in (feeding, following):
                        task.cancel()
                        with suppress(asyncio.CancelledError, Exception):  # its own error was raised above
                            await task

    def note(self, text: str) -> None:
        out.print(f"[quiet]{escape(text)}[/quiet]")

    async def _measured(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            self._level_dbfs = level_dbfs(chunk)
            self._heard_s += len(chunk) / 32_000
            yield chunk

    async def _follow(self, counter: Counter, url: str, feedback: str | None) -> None:
        reached = False
        async for event in counter:
            reached |= isinstance(event, Connected)
            if isinstance(event, Disconnected) and not reached:
                raise CommandError(f"{url} does not answer ({event.reason}): is Balto running there? see --server")
            self._take(event)
            if feedback and isinstance(event, Recommendation):
                counter.feedback(event.id_interacao, feedback)

    def _take(self, event: CounterEvent) -> None:
        match event:
            case Connected():
                self._state = "[good]connected[/good]"
            case Disconnected(code, reason, retry_in_s):
                self._state = f"[warn]connecting again in {retry_in_s:.1f} s[/warn]"
                self.note(f"{_clock()} connection lost ({code or 'not open'}): {reason}")
            case Recommendation():
                self.cards += 1
                out.print(_card(event, self._heard_s))
            case Alert(mensagem=message):
                out.print(Panel(escape(message), title="alerta", border_style="red", expand=False))
            case Notice(comando, _):
                self.note(f"{_clock()} {comando}")

    def _render(self) -> RenderableType:
        row = Table.grid(padding=(0, 2))
        bar = ProgressBar(total=self._total_s, completed=min(self._heard_s, self._total_s or 0.0), width=30)
        elapsed = f"{self._heard_s:5.1f} s" + (f" of {self._total_s:.1f}" if self._total_s else "")
        row.add_row("audio", bar if self._total_s else Text("●", "red"), elapsed, escape(self._source))
        level = ProgressBar(total=-QUIETEST_DBFS, completed=self._level_dbfs - QUIETEST_DBFS, width=30)
        row.add_row("level", level, f"{self._level_dbfs:5.0f} dBFS", self._state)
        dropped_s = self._counter.dropped_s if self._counter else 0.0
        lost = (
            [Text(f"{dropped_s:.1f} s of audio dropped while there was no connection", "yellow")] if dropped_s else []
        )
        return Group(row, *lost)


def level_dbfs(pcm: bytes) -> float:
    """RMS level of 16-bit PCM against full scale, not under -60."""
    samples = array("h", pcm[: len(pcm) // 2 * 2])
    if not samples:
        return QUIETEST_DBFS
    mean_square = sum(sample * sample for sample in samples) / len(samples)
    return max(QUIETEST_DBFS, 10 * math.log10(mean_square / 32768**2)) if mean_square else QUIETEST_DBFS


def _card(found: Recommendation, heard_s: float) -> Panel:
    text = (
        f"[value]{escape(found.produto)}[/value]\n{escape(found.explicacao)}\n"
        f"[quiet]ouvido: “{escape(found.transcricao_base)}”[/quiet]"
    )
    title = f"recomendação · {heard_s:.1f} s"
    return Panel(text, title=title, title_align="left", subtitle=f"[quiet]{found.id_interacao}[/quiet]", expand=False)


def _clock() -> str:
    return time.strftime("%H:%M:%S")
