"""The seam for transcription while the customer is still speaking.

The gate decides what is sent: from the moment an utterance opens its audio is fed as it comes, and when the gate
closes it one `commit` asks for the text, which by then is almost there. `discard` drops what came to nothing.
"""

from collections.abc import Callable
from typing import Protocol

from pipeline.events import ProviderCalled
from pipeline.stages import StageFailed, StreamId, Transcription


class LiveSession(Protocol):
    """One counter's utterances, one after another. Single use: after `aclose` it stays closed."""

    @property
    def partial(self) -> str:
        """What is understood of the utterance so far; may still change."""

    async def feed(self, pcm: bytes) -> None:
        """More of the open utterance: whole samples. Never raises for the provider's sake and never waits for it."""

    async def settle(self, budget_s: float) -> None:
        """The utterance may be over: ask for the text so far, without waiting. What is fed afterwards adds to it."""

    async def so_far(self) -> Transcription | StageFailed:
        """The text of what was settled, as a commit would give it now; its calls stay the commit's."""

    async def commit(self, utterance_id: str, budget_s: float) -> Transcription | StageFailed:
        """The utterance is over: its text, hygiene applied. A lost connection is made again and the audio resent.

        What was settled is not asked for again. It takes what was fed until it first runs; what is fed afterwards
        belongs to the next utterance.
        """

    async def discard(self) -> None:
        """Forget what was fed and settled since the last commit."""

    async def aclose(self) -> None: ...


class LiveTranscriber(Protocol):
    def open(
        self, stream_id: StreamId, *, balcao_id: str, on_partial: Callable[[str], None] | None = None
    ) -> LiveSession:
        """A session for one counter; it connects with the first audio."""

    def unclaimed(self) -> tuple[ProviderCalled, ...]:
        """Calls of what was settled and then discarded, each told once: paid for, of a session and no utterance."""

    async def aclose(self) -> None:
        """Closes every session that is still open."""
