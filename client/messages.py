"""What the server says to a counter, and what a counter says to it, as JSON text."""

import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One product for the attendant. `transcricao_base`: the words it rests on."""

    id_interacao: str
    produto: str
    explicacao: str
    transcricao_base: str
    received_at_s: float = field(default_factory=monotonic, compare=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """Version 2: call the pharmacist, or urgent care."""

    id_interacao: str
    motivo: str
    mensagem: str
    received_at_s: float = field(default_factory=monotonic, compare=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Any other message, kept as it came: a newer server may say more than this library knows."""

    comando: str
    content: dict[str, Any]


ServerMessage = Recommendation | Alert | Notice


def parse_server_message(text: str) -> ServerMessage:
    """Never raises: what is not understood becomes a Notice."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Notice("", {"texto": text})
    match content.get("comando"):
        case "recomendar":
            return Recommendation(
                id_interacao=_text(content, "id_interacao"),
                produto=_text(content, "produto"),
                explicacao=_text(content, "explicacao"),
                transcricao_base=_text(content, "transcricao_base"),
            )
        case "alerta":
            return Alert(
                id_interacao=_text(content, "id_interacao"),
                motivo=_text(content, "motivo"),
                mensagem=_text(content, "mensagem"),
            )
        case comando:
            return Notice(str(comando or ""), content)


def _text(content: dict[str, Any], name: str) -> str:
    return str(content.get(name) or "")


def auth(api_key: str, version: int = 1) -> str:
    return _encode({"comando": "auth", "api_key": api_key} | ({} if version == 1 else {"versao": version}))


def feedback(id_interacao: str, resultado: str) -> str:
    return _encode({"comando": "feedback", "id_interacao": id_interacao, "resultado": resultado})


def _encode(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
