"""What the emulated Grok says: worked out from the request alone, and always the same for the same request.

It reads the candidates that the prompt lists (a line with a SKU each), finds the one whose line shares most words with
what the customer said, quotes the sentence that it rests on, and fills the JSON schema that the request demands.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SKU = re.compile(r"\b[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+\b")
WORD = re.compile(r"[a-z0-9]+")
STEM = 5  # letters that two words must share to be one
SMALL_WORDS = frozenset(
    ["para", "com", "sem", "que", "nao", "mais", "estou", "esta", "tenho", "tem", "voce", "senhora", "senhor"]
)
SHORT_WORDS_THAT_TELL = frozenset(["dor", "gel", "mel"])


@dataclass(frozen=True, slots=True)
class Candidate:
    sku: str
    line: str


@dataclass(frozen=True, slots=True)
class Choice:
    sku: str
    line: str
    quote: str


def answer(body: Mapping[str, Any]) -> str:
    """The message content for a chat completion request; JSON when a schema is given."""
    user = _text(body, "user")
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    choice = choose(candidates(user) or candidates(_text(body, "system")), spoken_lines(user))
    if schema is None:
        return choice.quote if choice else ""
    return json.dumps(fill(schema, choice), ensure_ascii=False)


def _text(body: Mapping[str, Any], role: str) -> str:
    return "\n".join(str(m.get("content", "")) for m in body.get("messages", ()) if m.get("role") == role)


def candidates(text: str) -> list[Candidate]:
    return [Candidate(found.group(), line) for line in text.splitlines() if (found := SKU.search(line))]


def spoken_lines(text: str) -> list[str]:
    """Lines of the conversation: those that name no product."""
    return [line.strip() for line in text.splitlines() if line.strip() and not SKU.search(line)]


def choose(options: list[Candidate], lines: list[str]) -> Choice | None:
    """The first candidate with most words in common with one spoken line; None when none has a telling one."""
    best: tuple[int, Choice] | None = None
    for option in options:
        about = stems(option.line)
        for line in lines:
            shared = len(about & stems(line))
            if shared and (best is None or shared > best[0]):
                best = shared, Choice(option.sku, option.line, line)
    return best[1] if best else None


def stems(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return {
        word[:STEM]
        for word in WORD.findall(plain)
        if (len(word) > 3 or word in SHORT_WORDS_THAT_TELL) and word not in SMALL_WORDS
    }


def fill(schema: Mapping[str, Any], choice: Choice | None) -> Any:
    """A value of the schema that says `choice`; lists of products are empty without one."""
    return dict(_properties(schema, choice))


def _properties(schema: Mapping[str, Any], choice: Choice | None) -> Iterator[tuple[str, Any]]:
    for name, part in schema.get("properties", {}).items():
        yield name, _value(name, part, choice)


def _value(name: str, schema: Mapping[str, Any], choice: Choice | None) -> Any:
    kind = schema.get("type")
    if kind == "array":
        return [_value(name, schema.get("items", {}), choice)] if choice else []
    if kind == "object":
        return fill(schema, choice)
    if kind in ("number", "integer"):
        return 1
    if kind == "boolean":
        return choice is not None
    return _words(name, choice)


def _words(name: str, choice: Choice | None) -> str:
    if choice is None:
        return ""
    if name == "sku":
        return choice.sku
    if name.startswith(("evid", "quote", "trecho", "cita")):
        return choice.quote
    return f"Indicado para o que o cliente disse: {choice.quote}"
