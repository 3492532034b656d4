"""What a recording costs with the gate, and what it would cost without."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cli.output import CommandError
from configs.transcription import TranscriptionSettings
from pipeline.audio import seconds
from pipeline.gate.trace import Trace
from pipeline.providers.prices import SpeechPrice, Usage, load_prices

PRICES = Path(__file__).parents[1] / "configs" / "prices.yaml"


@dataclass(frozen=True, slots=True)
class Tariff:
    """A provider's price, as the service asks it: one call an utterance, with its key terms."""

    name: str
    price: SpeechPrice
    keyterms: int

    @classmethod
    def of(cls, settings: TranscriptionSettings, name: str | None) -> Self:
        """By `name` (`provider/model`), else of the provider that is asked first. Raises CommandError."""
        speech = load_prices(PRICES).speech
        name = name or _asked_first(settings)
        if name not in speech:
            known = ", ".join(speech)
            raise CommandError(f"the price of {name} is not in {PRICES.name}; name one that is with --price: {known}")
        return cls(name, speech[name], settings.keyterms_limit)

    def usd(self, audio_s: float) -> float:
        """Of one call."""
        return self.price.usd(Usage(audio_s=audio_s, keyterms=self.keyterms))

    def __str__(self) -> str:
        factor = self.price.keyterms_factor if self.keyterms else 1.0
        terms = ", with key terms" if factor > 1 else ""
        least = f", {self.price.least_billed_s:.0f} s a call at least" if self.price.least_billed_s else ""
        return f"{self.price.usd_per_hour * factor:.3f} an hour ({self.name}{terms}{least})"


@dataclass(frozen=True, slots=True)
class Account:
    received_s: float = 0.0
    forwarded_s: float = 0.0
    discarded_s: float = 0.0
    utterances: int = 0
    paid_usd: float = 0.0
    whole_usd: float = 0.0  # of everything received

    @property
    def saved_usd(self) -> float:
        return self.whole_usd - self.paid_usd

    @property
    def share(self) -> float:
        return self.forwarded_s / self.received_s if self.received_s else 0.0

    def plus(self, trace: Trace, tariff: Tariff) -> "Account":
        spans_s = [seconds(span.end_sample - span.start_sample) for span in trace.spans]
        return Account(
            self.received_s + trace.received_s,
            self.forwarded_s + trace.forwarded_s,
            self.discarded_s + trace.discarded_s,
            self.utterances + len(spans_s),
            self.paid_usd + sum(map(tariff.usd, spans_s)),
            self.whole_usd + tariff.usd(trace.received_s),
        )


def _asked_first(settings: TranscriptionSettings) -> str:
    provider = "elevenlabs_realtime" if settings.mode == "realtime" else settings.providers[0]
    return f"{provider}/{getattr(settings, provider).model}"
