"""A recorded session becomes cases that `balto eval` reads."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import CommandError
from configs.record import RecordSettings
from pipeline.events import (
    Decided,
    Event,
    FeedbackGiven,
    InteractionOutcome,
    ProductSuggested,
    SessionStarted,
    Transcribed,
    UtteranceHeard,
)
from pipeline.ids import new_id
from pipeline.recommendation.evaluation_dialogues import load_dialogues
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch


def said(session_id: str, conversation_id: str, at_s: float, text: str) -> list[Event]:
    utterance_id, first = new_id(), round(at_s * 16_000)
    return [
        UtteranceHeard(
            session_id=session_id, utterance_id=utterance_id, conversation_id=conversation_id, start_sample=first,
            end_sample=first + 16_000, received_s=1.0, forwarded_s=1.0, discarded_s=0.0,
        ),
        Transcribed(
            session_id=session_id, utterance_id=utterance_id, conversation_id=conversation_id, provider="p", model="m",
            text=text,
        ),
    ]  # fmt: skip


def answered(
    session_id: str,
    conversation_id: str,
    outcome: InteractionOutcome,
    reason: str | None = None,
    sku: str | None = None,
) -> list[Event]:
    interaction_id = new_id()
    events: list[Event] = [
        Decided(
            session_id=session_id, interaction_id=interaction_id, conversation_id=conversation_id,
            utterance_id=new_id(), outcome=outcome, reason=reason, engine="e",
        )
    ]  # fmt: skip
    if sku:
        events += [
            ProductSuggested(
                interaction_id=interaction_id, session_id=session_id, position=1, sku=sku, produto="x", explicacao="y"
            ),
            FeedbackGiven(interaction_id=interaction_id, session_id=session_id, resultado="venda_realizada"),
        ]
    return events


def session(session_id: str) -> list[Event]:
    return [
        SessionStarted(session_id=session_id, balcao_id="b", cliente_codigo="123456", protocol_version=1, replica="r"),
        *said(session_id, "c1", 3.0, "estou com dor de cabeça, meu email é ana@exemplo.com.br"),
        *answered(session_id, "c1", InteractionOutcome.SUGGESTED, sku="B001"),
        *said(session_id, "c2", 90.0, "dor no peito"),
        *said(session_id, "c2", 94.5, "e o braço esquerdo formiga"),
        *answered(session_id, "c2", InteractionOutcome.SUGGESTED, sku="B002"),
        *answered(session_id, "c2", InteractionOutcome.REFERRED, reason="dor_toracica"),
        *said(session_id, "c3", 200.0, "quanto custa o sabonete"),
    ]


def record(data_dir: Path, events: list[Event]) -> RecordService:
    service = RecordService(RecordSettings(publish_every_s=3600, lock_wait_s=0), data_dir, data_dir / "r.duckdb")
    service.commit(batch("o1", 1, events))
    return service


def invoke(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["cases", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_each_conversation_is_a_case_with_what_was_answered(tmp_path: Path) -> None:
    session_id, data_dir, path = new_id(), tmp_path / "dados", tmp_path / "casos.yaml"
    record(data_dir, session(session_id)).close()
    assert "3 cases" in invoke(session_id, "--data-dir", data_dir, "--out", path)
    one, two, three = load_dialogues(path)
    assert (one.expect.outcome, one.expect.any_of_skus) == ("recommend", {"B001"})
    assert one.turns[0].text == "estou com dor de cabeça, meu email é [email]"
    assert (two.expect.outcome, two.expect.refer_reason, two.expect.any_of_skus) == ("refer", "dor_toracica", set())
    assert [turn.t for turn in two.turns] == [0.0, 4.5]
    assert three.expect.outcome == "silence"
    written = path.read_text(encoding="utf-8")
    assert "desfecho: venda_realizada" in written
    assert "mostrado antes de encaminhar: B002" in written
    assert "nada foi perguntado" in written
    assert "123456" not in written


def test_reviewed_work_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "casos.yaml"
    path.write_text("reviewed")
    with pytest.raises(CommandError, match="is there already"):
        invoke(new_id(), "--data-dir", tmp_path, "--out", path)
    assert path.read_text() == "reviewed"


def test_a_running_recorder_is_told(tmp_path: Path) -> None:
    session_id = new_id()
    service = record(tmp_path / "dados", session(session_id))
    try:
        with pytest.raises(CommandError, match="stop it first"):
            invoke(session_id, "--data-dir", tmp_path / "dados", "--out", tmp_path / "c.yaml")
    finally:
        service.close()


def test_a_session_without_texts_is_told(tmp_path: Path) -> None:
    record(tmp_path / "dados", session(new_id())).close()
    with pytest.raises(CommandError, match="have no text"):
        invoke(new_id(), "--data-dir", tmp_path / "dados", "--out", tmp_path / "c.yaml")
    assert not (tmp_path / "c.yaml").exists()


@pytest.mark.parametrize(
    ("session_id", "told"), [("abc", "is not a session's id"), (new_id(), "not a Balto data folder")]
)
def test_mistakes_are_one_sentence(tmp_path: Path, session_id: str, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        invoke(session_id, "--data-dir", tmp_path / "none", "--out", tmp_path / "c.yaml")
