"""What the emulated Grok says: worked out from the request alone, and always the same for the same request.

It reads the candidates that the prompt lists, finds the one that shares most words with what was said, quotes the
words that it rests on, and fills the JSON schema that the request demands. Questions may be JSON, as Balto's are, or
plain text with a SKU in each candidate's line.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SKU = re.compile(r"\b[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+\b")
QUIET = re.compile(r"silen|nada|nenhum|none|calar", re.IGNORECASE)
QUOTE = re.compile(r"evid|quote|trecho|cita", re.IGNORECASE)
WORD = re.compile(r"[a-z0-9]+")
STEM = 5  # letters that two words must share to be one
SMALL_WORDS = frozenset(
    ["para", "com", "sem", "que", "nao", "mais", "estou", "esta", "tenho", "tem", "voce", "senhora", "senhor"]
)
SHORT_WORDS_THAT_TELL = frozenset(["dor", "gel", "mel"])


@dataclass(frozen=True, slots=True)
class Candidate:
    sku: str
    about: str  # its name and what it is for


@dataclass(frozen=True, slots=True)
class Choice:
    sku: str
    quote: str  # literal, from what was said


def answer(body: Mapping[str, Any]) -> str:
    """The message content for a chat completion request; JSON when a schema is given."""
    user = _text(body, "user")
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    options, said = structured(user) or (candidates(user) or candidates(_text(body, "system")), spoken_lines(user))
    choice = choose(options, said)
    if schema is None:
        return choice.quote if choice else ""
    return json.dumps(fill(schema, choice), ensure_ascii=False)


def _text(body: Mapping[str, Any], role: str) -> str:
    return "\n".join(str(m.get("content", "")) for m in body.get("messages", ()) if m.get("role") == role)


def structured(user: str) -> tuple[list[Candidate], list[str]] | None:
    """Candidates and speech of a question in JSON: lists of objects with a `sku`, and `transcricao`."""
    try:
        question = json.loads(user)
    except ValueError:
        return None
    if not isinstance(question, dict):
        return None
    lists = [value for value in question.values() if isinstance(value, list)]
    products = [item for value in lists for item in value if isinstance(item, dict) and "sku" in item]
    shown = set(question.get("ja_sugeridos", ()))
    options = [Candidate(item["sku"], " ".join(_strings(item))) for item in products if item["sku"] not in shown]
    return options, [str(line) for line in question.get("transcricao", ())]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(part)


def candidates(text: str) -> list[Candidate]:
    return [Candidate(found.group(), line) for line in text.splitlines() if (found := SKU.search(line))]


def spoken_lines(text: str) -> list[str]:
    """Lines of the conversation: those that name no product."""
    return [line.strip() for line in text.splitlines() if line.strip() and not SKU.search(line)]


def choose(options: list[Candidate], lines: list[str]) -> Choice | None:
    """The first candidate with most words in common with one spoken line; None when none has a telling one."""
    best: tuple[int, Choice] | None = None
    for option in options:
        about = stems(option.about)
        for line in lines:
            shared = about & stems(line)
            if shared and (best is None or len(shared) > best[0]):
                best = len(shared), Choice(option.sku, quote(line, shared))
    return best[1] if best else None


def quote(line: str, shared: set[str]) -> str:
    """The shortest piece of the line, whole words, that holds all that is shared."""
    words = list(re.finditer(r"\S+", line))
    pieces = [
        line[first.start() : last.end()]
        for index, first in enumerate(words)
        for last in words[index:]
        if shared <= stems(line[first.start() : last.end()])
    ]
    return min(pieces, key=len, default=line).strip(".,;:!?")


def stems(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return {
        word[:STEM]
        for word in WORD.findall(plain)
        if (len(word) > 3 or word in SHORT_WORDS_THAT_TELL) and word not in SMALL_WORDS
    }


def fill(schema: Mapping[str, Any], choice: Choice | None) -> Any:
    """A value of the schema that says `choice`; lists are empty without one."""
    return _Form(schema.get("$defs", {}), choice).value("", schema)


class _Form:
    def __init__(self, definitions: Mapping[str, Any], choice: Choice | None) -> None:
        self._definitions = definitions
        self._choice = choice

    def value(self, name: str, schema: Mapping[str, Any]) -> Any:
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(name, schema["enum"])
        match schema.get("type"):
            case "object":
                return {key: self.value(key, part) for key, part in schema.get("properties", {}).items()}
            case "array":
                return [self.value(name, schema.get("items", {}))] if self._choice else []
            case "number" | "integer":
                return 1
            case "boolean":
                return self._choice is not None
            case "null":
                return None
            case _:
                return self._words(name)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """References followed; of alternatives the first that is not null, or null when there is nothing to say."""
        while True:
            if "$ref" in schema:
                schema = self._definitions[schema["$ref"].rsplit("/", 1)[-1]]
            elif alternatives := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
                null = [part for part in alternatives if part.get("type") == "null"]
                other = [part for part in alternatives if part.get("type") != "null"]
                schema = null[0] if null and not self._choice else other[0]
            else:
                return schema

    def _one_of(self, name: str, options: list[Any]) -> Any:
        """The product where products are listed; of ways to end, one that says something or one that does not."""
        if self._choice and self._choice.sku in options:
            return self._choice.sku
        quiet = [option for option in options if QUIET.search(str(option))]
        loud = [option for option in options if option not in quiet]
        return (loud or options)[0] if self._choice else (quiet or options)[0]

    def _words(self, name: str) -> str:
        if self._choice is None:
            return ""
        if name in ("sku", "produto", "codigo"):
            return self._choice.sku
        if QUOTE.search(name):
            return self._choice.quote
        return f"O cliente falou de {self._choice.quote}; este produto é indicado para isso."
