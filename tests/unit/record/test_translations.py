"""What the program says in English about providers, in the analysts' language."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.events import ErrorNoted
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch

Open = Callable[..., RecordService]

PIPELINE = Path(__file__).parents[3] / "pipeline"
SAYING = {"NotCalled", "CallLost", "CallRefused", "AnswerUnreadable", "_unreadable"}


def said(node: ast.expr) -> str | None:
    """A message as it may look: "7" stands for what is put into it."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in parts)
    return None


def messages() -> Iterator[str]:
    for path in PIPELINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in SAYING:
                yield from (text for text in map(said, node.args) if text is not None)


@pytest.fixture
def tell(open_service: Open, data_dir: Path) -> Callable[[list[ErrorNoted]], list[tuple[object, ...]]]:
    def ask(errors: list[ErrorNoted]) -> list[tuple[object, ...]]:
        service = open_service()
        service.commit(batch("o1", 1, [*errors]))
        service.close()
        with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
            sql = "SELECT componente, tipo, mensagem, ocorrencias FROM analise.erros_dia ORDER BY ALL"
            return con.execute(sql).fetchall()

    return ask


def test_a_provider_s_failure_is_told_in_portuguese(tell: Callable[[list[ErrorNoted]], list[object]]) -> None:
    errors = [
        ErrorNoted(component="transcriber", kind="transitoria", message="refused with HTTP 503"),
        ErrorNoted(component="recommender", kind="timeout", message="xai: no answer within the deadline"),
        ErrorNoted(component="recommender", kind="prazo", message="xai: no answer within the deadline"),
        ErrorNoted(component="orcamento", kind="listening", message="gasto"),
    ]
    assert tell(errors) == [
        ("orcamento", "so_escuta", "gasto", 1),
        ("recomendador", "prazo", "xai: nenhuma resposta dentro do prazo", 2),
        ("transcritor", "transitoria", "recusado com HTTP 503", 1),
    ]


def test_what_has_no_translation_passes_as_it_is(tell: Callable[[list[ErrorNoted]], list[object]]) -> None:
    strange = ErrorNoted(component="a new one", kind="unheard of", message="never said before (refused with HTTP 503)")
    assert tell([strange]) == [(strange.component, strange.kind, strange.message, 1)]


def test_every_message_about_a_provider_has_its_translation(
    tell: Callable[[list[ErrorNoted]], list[tuple[object, ...]]],
) -> None:
    english = sorted(set(messages()))
    assert len(english) > 15
    told = tell([ErrorNoted(component="c", kind=f"{n:03}", message=text) for n, text in enumerate(english)])
    untranslated = [text for text, row in zip(english, told, strict=True) if row[2] == text]
    assert untranslated == []
