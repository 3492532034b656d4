"""Speech to text: one file per provider, failover between them, and text hygiene.

To add a provider: write its file, add one line to `_provider`, one to `configs.transcription`, one price; the
conformance suite in `tests/contract/providers` tells what is missing.
"""

from collections.abc import Sequence

from pydantic import SecretStr

from configs.environment import Environment
from configs.providers import PRICES_FILE
from configs.transcription import Provider, TranscriptionSettings
from pipeline.events import ProviderRole
from pipeline.providers.account import Account
from pipeline.providers.prices import PriceTable, load_prices
from pipeline.transcription.chain import Link, TranscriberChain
from pipeline.transcription.elevenlabs import ElevenLabsBatch
from pipeline.transcription.elevenlabs_realtime import ElevenLabsRealtime
from pipeline.transcription.openai_compatible import OpenAICompatible
from pipeline.transcription.recognition import SpeechProvider
from pipeline.transcription.xai import XaiSpeech

__all__ = ["MissingKey", "TranscriberChain", "make_live_transcriber", "make_transcriber"]


class MissingKey(ValueError):
    """A provider is configured and its key is not in the environment; the message names it."""


def make_transcriber(
    settings: TranscriptionSettings, environment: Environment, keyterms: Sequence[str] = ()
) -> TranscriberChain:
    """The transcriber as configured. Make it inside a running event loop; `aclose()` it at the end.

    Raises MissingKey and pipeline.providers.prices.PriceTableError.
    """
    prices = load_prices(PRICES_FILE)
    terms = tuple(keyterms)[: settings.keyterms_limit]
    links = [_link(name, settings, environment, terms, prices) for name in settings.providers]
    return TranscriberChain(links, settings.hygiene, settings.first_share)


def make_live_transcriber(
    settings: TranscriptionSettings, environment: Environment, keyterms: Sequence[str] = ()
) -> ElevenLabsRealtime:
    """The realtime transcriber, a `realtime.LiveTranscriber`. Raises as `make_transcriber` does."""
    account = _account("elevenlabs_realtime", settings, load_prices(PRICES_FILE))
    return _realtime(settings, environment, tuple(keyterms)[: settings.keyterms_limit], account)


def _link(
    name: Provider,
    settings: TranscriptionSettings,
    environment: Environment,
    keyterms: Sequence[str],
    prices: PriceTable,
) -> Link:
    account = _account(name, settings, prices)
    return Link(_provider(name, settings, environment, keyterms, account), account)


def _account(name: Provider, settings: TranscriptionSettings, prices: PriceTable) -> Account:
    return Account(name, ProviderRole.TRANSCRIBER, getattr(settings, name).call, prices)


def _provider(
    name: Provider,
    settings: TranscriptionSettings,
    environment: Environment,
    keyterms: Sequence[str],
    account: Account,
) -> SpeechProvider:
    match name:
        case "elevenlabs":
            key = _key(environment.elevenlabs_api_key, "ELEVENLABS_API_KEY", name)
            return ElevenLabsBatch(settings.elevenlabs, environment.elevenlabs_base_url, key, keyterms)
        case "elevenlabs_realtime":
            return _realtime(settings, environment, keyterms, account)
        case "xai":
            key = _key(environment.xai_api_key, "XAI_API_KEY", name)
            return XaiSpeech(settings.xai, environment.xai_base_url, key, keyterms)
        case "openai_compatible":
            secret = environment.stt_api_key
            key = secret.get_secret_value() if secret else ""
            return OpenAICompatible(settings.openai_compatible, key, keyterms)


def _realtime(
    settings: TranscriptionSettings, environment: Environment, keyterms: Sequence[str], account: Account
) -> ElevenLabsRealtime:
    key = _key(environment.elevenlabs_api_key, "ELEVENLABS_API_KEY", "elevenlabs_realtime")
    return ElevenLabsRealtime(
        settings.elevenlabs_realtime, environment.elevenlabs_base_url, key, keyterms, account, settings.hygiene
    )


def _key(secret: SecretStr | None, variable: str, provider: str) -> str:
    if secret is None or not secret.get_secret_value():
        raise MissingKey(f"transcription.providers names {provider}, and {variable} is not set: set it or take it out")
    return secret.get_secret_value()
