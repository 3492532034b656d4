"""Which providers a configuration uses, the keys they need, and where those of our own choosing are."""

import ipaddress
from urllib.parse import urlsplit

from pydantic import SecretStr

from configs.application import ApplicationSettings
from configs.environment import Environment

KEYS = {
    "elevenlabs": "ELEVENLABS_API_KEY",
    "elevenlabs_realtime": "ELEVENLABS_API_KEY",
    "xai": "XAI_API_KEY",
}  # an openai_compatible endpoint may need none: BALTO_STT_API_KEY and BALTO_LLM_API_KEY are its operator's to know

NAMES = {"elevenlabs": "ElevenLabs", "elevenlabs_realtime": "ElevenLabs", "xai": "xAI"}


def speech_providers(settings: ApplicationSettings) -> list[str]:
    """In the order they are asked; realtime stands before those that follow it."""
    transcription = settings.transcription
    realtime = ["elevenlabs_realtime"] if transcription.mode == "realtime" else []
    return [*realtime, *transcription.providers]


def needed_keys(settings: ApplicationSettings) -> list[str]:
    """The variables without which a provider that is configured cannot work, each once."""
    used = [*speech_providers(settings), settings.model.provider]
    return list(dict.fromkeys(KEYS[name] for name in used if name in KEYS))


def keys_set(environment: Environment) -> set[str]:
    """The providers' keys that have a value. An empty one, as a copied `.env.example` leaves it, has none."""
    keys = {
        "ELEVENLABS_API_KEY": environment.elevenlabs_api_key,
        "XAI_API_KEY": environment.xai_api_key,
        "BALTO_STT_API_KEY": environment.stt_api_key,
        "BALTO_LLM_API_KEY": environment.llm_api_key,
    }
    return {name for name, key in keys.items() if _is_set(key)}


def destinations(settings: ApplicationSettings) -> tuple[list[str], list[str]]:
    """Who hears speech and who reads conversations, as people call them."""
    speech_names = {**NAMES, "openai_compatible": settings.transcription.openai_compatible.base_url}
    model_names = {**NAMES, "openai_compatible": settings.model.base_url}
    speech = list(dict.fromkeys(speech_names[name] for name in speech_providers(settings)))
    provider = settings.model.provider
    return speech, [] if provider == "none" else [model_names[provider]]


def own_addresses(settings: ApplicationSettings) -> list[tuple[tuple[str, ...], str]]:
    """(where in the arguments, base URL) of each openai_compatible endpoint that is used."""
    found: list[tuple[tuple[str, ...], str]] = []
    if "openai_compatible" in settings.transcription.providers:
        where = ("transcription", "openai_compatible", "base_url")
        found.append((where, settings.transcription.openai_compatible.base_url))
    if settings.model.provider == "openai_compatible":
        found.append((("model", "base_url"), settings.model.base_url))
    return found


def is_here(base_url: str) -> bool:
    """Whether an address is on this machine whatever a name server says."""
    try:
        host = urlsplit(base_url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_set(key: SecretStr | None) -> bool:
    return key is not None and bool(key.get_secret_value().strip())
