from configs.recommendation import RecommendationSettings
from pipeline.conversation.context import ConversationContext
from pipeline.stages import Heard


def heard(text: str, at_s: float) -> Heard:
    return Heard(utterance_id=str(at_s), text=text, at_s=at_s, end_s=at_s + 1)


def context() -> ConversationContext:
    return ConversationContext(RecommendationSettings())


def test_utterances_gather_and_earlier_ones_stay() -> None:
    conversation = context()
    assert not conversation.hear(heard("tenho alergia a dipirona", 0))
    assert not conversation.hear(heard("e tô com dor de cabeça", 30))
    assert [h.text for h in conversation.heard] == ["tenho alergia a dipirona", "e tô com dor de cabeça"]


def test_a_long_quiet_begins_another_conversation() -> None:
    conversation = context()
    conversation.hear(heard("tô com tosse", 0))
    first = conversation.conversation_id
    conversation.shown(["A"])
    assert conversation.hear(heard("bom dia", 100))
    assert conversation.conversation_id != first
    assert conversation.shown_skus == ()
    assert len(conversation.heard) == 1


def test_goodbye_then_greeting_is_another_customer() -> None:
    conversation = context()
    conversation.hear(heard("obrigada viu, tchau", 0))
    assert conversation.hear(heard("boa tarde", 8))


def test_a_greeting_alone_is_not() -> None:
    conversation = context()
    conversation.hear(heard("bom dia", 0))
    assert not conversation.hear(heard("bom dia, pois não", 6))


def test_next_please() -> None:
    conversation = context()
    conversation.hear(heard("vou pagar no débito", 0))
    assert conversation.hear(heard("próximo", 3))


def test_memory_is_bounded() -> None:
    conversation = context()
    for second in range(0, 1000, 5):
        conversation.hear(heard("e tem mais", second))
    assert len(conversation.heard) <= RecommendationSettings().conversation.most_utterances


def test_asked_once_for_the_same_words() -> None:
    conversation = context()
    conversation.hear(heard("tô com dor de cabeça", 0))
    assert conversation.due_in(1) == 0.0
    conversation.asked(1)
    assert conversation.due_in(50) is None


def test_shown_products_are_remembered_once() -> None:
    conversation = context()
    conversation.shown(["A", "B"])
    conversation.shown(["A"])
    assert conversation.shown_skus == ("A", "B")
