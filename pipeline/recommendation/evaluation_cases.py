"""Recorded conversations as evaluation cases: what came of each is its expectation, for a person to review."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from pipeline.recommendation.evaluation_dialogues import Outcome
from pipeline.redaction import redact

TAGS = ["gravado", "a_revisar"]
HEADER = (
    "# Casos tirados de sessões gravadas. O resultado esperado é o que o sistema respondeu, não o que era certo:\n"
    "# revise cada um (expect, tags) com um farmacêutico e confira se não resta dado pessoal antes de usar.\n\n"
)


@dataclass(frozen=True, slots=True)
class RecordedTurn:
    conversation_id: str
    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One question's outcome, in order; `feedback` is what the counter said came of it."""

    conversation_id: str
    outcome: str  # a value of pipeline.events.InteractionOutcome
    reason: str | None
    skus: tuple[str, ...]
    feedback: tuple[str, ...] = ()


def cases_of(session_id: str, turns: Sequence[RecordedTurn], answers: Iterable[RecordedAnswer]) -> list[dict[str, Any]]:
    """One case per conversation that has text, in the order of speech, in the schema of `evaluation_dialogues`."""
    conversations = dict.fromkeys(turn.conversation_id for turn in turns)
    given = list(answers)
    return [
        _case(
            f"{session_id[:8]}-{number}",
            [turn for turn in turns if turn.conversation_id == conversation],
            [answer for answer in given if answer.conversation_id == conversation],
        )
        for number, conversation in enumerate(conversations, 1)
    ]


def _case(name: str, turns: Sequence[RecordedTurn], answers: Sequence[RecordedAnswer]) -> dict[str, Any]:
    referred = [answer for answer in answers if answer.outcome == "encaminhada"]
    skus = list(dict.fromkeys(sku for answer in answers for sku in answer.skus))
    outcome: Outcome = "refer" if referred else "recommend" if skus else "silence"
    began_s = turns[0].at_s
    return {
        "id": name,
        "turns": [{"t": round(turn.at_s - began_s, 1), "text": redact(turn.text)} for turn in turns],
        "expect": {
            "outcome": outcome,
            "any_of_skus": skus if outcome == "recommend" else [],
            "none_of_skus": [],
            "refer_reason": referred[-1].reason if referred else None,
            "evidence_contains": [],
        },
        "tags": TAGS,
        "note": _note(answers, skus if referred else []),
    }


def _note(answers: Sequence[RecordedAnswer], withdrawn: Sequence[str]) -> str:
    """How it went, for the reviewer."""
    ways = dict.fromkeys(f"{a.outcome} ({a.reason})" if a.reason else a.outcome for a in answers)
    told = dict.fromkeys(said for a in answers for said in a.feedback)
    parts = [
        f"gravado: {', '.join(ways)}" if ways else "gravado: nada foi perguntado",
        f"mostrado antes de encaminhar: {', '.join(withdrawn)}" if withdrawn else "",
        f"desfecho: {', '.join(told)}" if told else "",
        "a revisar",
    ]
    return "; ".join(part for part in parts if part)


def as_yaml(cases: Sequence[dict[str, Any]]) -> str:
    """A file that `balto eval` reads."""
    plain: str = yaml.dump(list(cases), Dumper=_NoAliases, allow_unicode=True, sort_keys=False, width=120)
    return HEADER + plain


class _NoAliases(yaml.SafeDumper):
    """People edit this file: a list that two cases share is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
