"""A list of signs asked for: each is answered by its own name, or they all are together."""

import pytest

from pipeline.recommendation.reading import read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.turns import Status


def status(book: Rulebook, asked: str, reply: str, code: str) -> Status:
    said = read(["oi", asked, reply], book.lexicon).said
    return next(s.status for s in said if s.code == code and s.turn == 1)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("a barriga tá normal, come bem", Status.DENIED),
        ("barriga mole, come bem", Status.DENIED),
        ("tô ótima, subi a ladeira agora há pouco", Status.DENIED),
        ("nem uma coisa nem outra", Status.DENIED),
        ("nenhum dos dois", Status.DENIED),
        ("a barriga tá dura sim", Status.SAID),
        ("tem sim", Status.SAID),
        ("vomitou duas vezes", Status.ASKED),
        ("a tosse piorou", Status.ASKED),
    ],
)
def test_a_hard_belly_asked_for_with_vomiting(book: Rulebook, reply: str, expected: Status) -> None:
    assert status(book, "barriga dura, vômito?", reply, "barriga_forte") is expected


@pytest.mark.parametrize(
    ("reply", "code", "expected"),
    [
        ("febre nem sombra, a vista é boa", "febre", Status.DENIED),
        ("febre nem sombra, a vista é boa", "visao_alterada", Status.DENIED),
        ("emagrecer eu queria", "emagrecimento", Status.DENIED),
        ("febre tem, o resto não sei", "febre", Status.SAID),
        ("a vista embaçou um pouco", "visao_alterada", Status.SAID),
    ],
)
def test_each_sign_by_its_name(book: Rulebook, reply: str, code: str, expected: Status) -> None:
    assert status(book, "febre, vista embaçada, emagreceu?", reply, code) is expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bebo bem, xixi clarinho, tontura não", "desidratacao_sinal"),
        ("não não, xixi normal", "desidratacao_sinal"),
        ("o médico disse que não tem alarme, paracetamol e bastante líquido", "vomita_tudo"),
        ("resfriado, o nariz fecha e durmo de boca aberta", "anafilaxia_sinal"),
    ],
)
def test_no_danger_is_put_together_over_a_denial_of_something_else(book: Rulebook, text: str, code: str) -> None:
    assert code not in {s.code for s in read([text], book.lexicon).said}


def test_a_question_scoffed_at_is_denied(book: Rulebook) -> None:
    assert status(book, "tá pensando besteira?", "que besteira o quê, tô feliz", "saude_mental_sinal") is Status.DENIED
