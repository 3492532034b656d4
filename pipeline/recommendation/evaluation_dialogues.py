"""Dialogues with what is expected of each: a YAML list, or a folder of recordings with a script beside each.

The list follows the evaluation kit's schema (docs/recommendation.md); an entry with `audio` is a recording, and its
turns, if any, are what is said in it.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.yaml_lines import line_of, load

Outcome = Literal["recommend", "silence", "refer"]
EXPECTS: dict[str, Outcome] = {"recomendar": "recommend", "silencio": "silence", "encaminhar": "refer"}


class DialoguesError(RecommendationError):
    """A file of dialogues does not follow its schema."""


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    t: float
    text: str


class Expected(BaseModel):
    """`any_of_skus` empty with outcome recommend: any product of the catalogue that may be suggested is right.

    `refer_reason` None with outcome refer: any reason is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    any_of_skus: frozenset[str] = frozenset()
    none_of_skus: frozenset[str] = frozenset()
    refer_reason: str | None = None
    evidence_contains: tuple[str, ...] = ()


class Dialogue(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(min_length=1)
    turns: tuple[Turn, ...] = ()
    expect: Expected
    tags: tuple[str, ...] = ()
    audio: Path | None = None  # a recording, to be heard the whole way; relative to the file that names it

    @model_validator(mode="after")
    def _something_is_said(self) -> Self:
        if not self.turns and self.audio is None:
            raise ValueError("has neither turns nor audio")
        return self

    @property
    def conditions(self) -> frozenset[str]:
        return frozenset(tag.removeprefix("contra:") for tag in self.tags if tag.startswith("contra:"))


def load_dialogues(path: Path) -> list[Dialogue]:
    """From a YAML list, or a folder of WAV files each with a YAML beside it. Raises RecommendationError."""
    dialogues = _folder(path) if path.is_dir() else _list(path)
    repeated = [name for name, times in Counter(d.id for d in dialogues).items() if times > 1]
    if repeated:
        raise DialoguesError(path, None, f"repeated id {repeated[0]}")
    if not dialogues:
        raise DialoguesError(path, None, "no dialogues" if path.is_file() else "no WAV file in this folder")
    return dialogues


def _list(path: Path) -> list[Dialogue]:
    content, node = _read(path)
    try:
        dialogues = TypeAdapter(list[Dialogue]).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        loc = first["loc"]
        named = _name(content, loc[0]) if loc else "a list of dialogues is expected"
        where = ".".join(map(str, loc[1:]))
        what = ": ".join(part for part in (named, where, first["msg"]) if part)
        raise DialoguesError(path, line_of(node, loc), what) from error
    return [d.model_copy(update={"audio": path.parent / d.audio}) if d.audio else d for d in dialogues]


def _read(path: Path) -> tuple[Any, yaml.Node]:
    try:
        return load(path)
    except yaml.YAMLError as error:  # a character that no YAML may hold
        raise DialoguesError(
            path, None, "is not YAML text; give a file of dialogues or a folder of WAV files"
        ) from error


def _name(content: Any, place: int | str) -> str:
    entry = content[place]
    return f"dialogue {entry['id']}" if isinstance(entry, Mapping) and "id" in entry else f"dialogue number {place}"


def _folder(folder: Path) -> list[Dialogue]:
    return [_recording(wav) for wav in sorted(folder.glob("*.wav"))]


def _recording(wav: Path) -> Dialogue:
    """A WAV by the script beside it: `expects: recomendar`, or `expect` in full; `utterances`, when known."""
    path = wav.with_suffix(".yaml")
    if not path.is_file():
        raise DialoguesError(wav, None, f"has no {path.name} beside it to say what is expected")
    script, node = _read(path)
    try:
        expect = script.get("expect") or {"outcome": EXPECTS[script["expects"]]}
        turns = [{"t": line["start_s"], "text": line["text"]} for line in script.get("utterances", ())]
        content = {"id": script.get("name", wav.stem), "turns": turns, "expect": expect, "audio": wav}
        return Dialogue.model_validate(content | {"tags": script.get("tags", ())})
    except (KeyError, TypeError, AttributeError) as error:
        told = f"{error} is missing or unknown; `expects` is one of {', '.join(EXPECTS)}"
        raise DialoguesError(path, None, told) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DialoguesError(path, line_of(node, first["loc"]), f"{where}: {first['msg']}") from error
