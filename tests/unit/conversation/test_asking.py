import pytest

from configs.recommendation import AskingSettings
from pipeline.conversation.asking import AskingPolicy, Pending, Why

POLICY = AskingPolicy(AskingSettings())


def pending(text: str, *, after_question: bool = False) -> Pending:
    return Pending(text=text, last=text, last_end_s=10.0, after_question=after_question)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dor no peito", Why.WARNING),
        ("tô grávida", Why.WARNING),
        ("minha cabessa tá estourando", Why.COMPLAINT),
        ("o cachorro é meu e mora comigo lá na chácara faz tempo", Why.ENOUGH),
        ("ok", None),
        ("que calor hein", None),
    ],
)
def test_why_at_once(text: str, why: Why | None) -> None:
    assert POLICY.at_once(pending(text)) is why


def test_an_answer_settles_a_question_at_once() -> None:
    assert POLICY.due_in(pending("não", after_question=True), 10.1) == 0.0
    assert POLICY.due_in(pending("não"), 10.1) is None


def test_small_talk_waits_for_a_pause() -> None:
    assert POLICY.due_in(pending("que calor hein"), 10.5) == pytest.approx(1.5)
    assert POLICY.due_in(pending("que calor hein"), 13.0) == 0.0


def test_too_few_words_ask_nothing() -> None:
    assert POLICY.due_in(pending("ok então"), 100.0) is None
