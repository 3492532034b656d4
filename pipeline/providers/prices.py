"""What a call costs in USD, from a price table with a date (`configs/prices.yaml`).

A provider and model that the table does not know cost 0.0 and carry no price version: unknown, not free.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

SECONDS_PER_HOUR = 3600.0
TOKENS_PER_PRICE = 1_000_000.0


class PriceTableError(ValueError):
    """The price file cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call used up. `stated_usd`: what the provider itself says that it cost."""

    audio_s: float | None = None
    keyterms: int = 0
    tokens_in: int | None = None  # cached ones included
    tokens_cached: int | None = None
    tokens_out: int | None = None
    stated_usd: float | None = None


class SpeechPrice(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    usd_per_hour: float = Field(ge=0)
    least_billed_s: float = Field(0.0, ge=0)
    keyterms_factor: float = Field(1.0, ge=1)
    many_keyterms: int = Field(1_000_000, ge=1, description="more than this many and `many_keyterms_least_s` applies")
    many_keyterms_least_s: float = Field(0.0, ge=0)
    source: str = ""

    def usd(self, usage: Usage) -> float:
        least_s = self.least_billed_s
        if usage.keyterms > self.many_keyterms:
            least_s = max(least_s, self.many_keyterms_least_s)
        billed_s = max(usage.audio_s or 0.0, least_s)
        factor = self.keyterms_factor if usage.keyterms else 1.0
        return billed_s * self.usd_per_hour / SECONDS_PER_HOUR * factor


class ModelPrice(BaseModel):
    """USD per million tokens; a long prompt multiplies all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tokens_in: float = Field(ge=0)
    tokens_cached: float = Field(ge=0)
    tokens_out: float = Field(ge=0)
    long_prompt_tokens: int = Field(1_000_000_000, ge=1)
    long_prompt_factor: float = Field(1.0, ge=1)
    source: str = ""

    def usd(self, usage: Usage) -> float:
        prompt = usage.tokens_in or 0
        cached = min(usage.tokens_cached or 0, prompt)
        factor = self.long_prompt_factor if prompt >= self.long_prompt_tokens else 1.0
        fresh = (prompt - cached) * self.tokens_in + cached * self.tokens_cached
        return (fresh + (usage.tokens_out or 0) * self.tokens_out) * factor / TOKENS_PER_PRICE


class PriceTable(BaseModel):
    """Keys are `provider/model`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(description="the date the prices were looked up, as text")
    speech: dict[str, SpeechPrice] = {}
    models: dict[str, ModelPrice] = {}

    def cost(self, provider: str, model: str, usage: Usage) -> tuple[float, str | None]:
        """(USD, the table's version), or (0.0, None) when nobody knows."""
        if usage.stated_usd is not None:
            return usage.stated_usd, "provider"
        key = f"{provider}/{model}"
        price = self.speech.get(key) or self.models.get(key)
        return (price.usd(usage), self.version) if price else (0.0, None)


def load_prices(path: Path) -> PriceTable:
    """Read a price file. Raises PriceTableError naming the file and what is wrong with it."""
    try:
        return PriceTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise PriceTableError(f"price table {path}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise PriceTableError(f"price table {path}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "top level"
        raise PriceTableError(f"price table {path}: {where}: {first['msg']}") from error
