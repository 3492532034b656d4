"""Whose a condition is: the person's served, another's, the last customer's; and what never was."""

import pytest

from pipeline.recommendation.facts import gather
from pipeline.recommendation.rulebook import Rulebook


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["meu sogro tem cirrose, eu que exagerei no vinho e tô de ressaca"], "hepatica"),
        (["minha esposa tá de sete meses", "que alegria", "mas quem tá com azia sou eu"], "gestante"),
        (["a vizinha do meu prédio faz hemodiálise, eu só tô com o nariz entupido"], "renal"),
        (["parabéns pela barriga, grávida linda", "obrigada", "próximo", "tô com dor de garganta"], "gestante"),
        (["tô com enxaqueca", "tá grávida?", "sou avó minha filha"], "gestante"),
        (["dor de cabeça", "amamentando?", "que amamentando, tenho sessenta anos"], "lactante"),
        (["quando eu tava grávida não tomava nada, hoje quero algo pra gripe"], "gestante"),
        (["azia", "asma, glaucoma?", "asma, glaucoma, essas coisas eu não tenho"], "asma"),
        (["cólica de todo mês", "é do ciclo?", "é, e não posso estar grávida"], "gestante"),
    ],
)
def test_a_condition_that_is_not_theirs(book: Rulebook, texts: list[str], code: str) -> None:
    assert code not in gather(texts, book).codes


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["minha sogra tem cirrose", "e o que ela sente", "ela tá com dor de cabeça"], "hepatica"),
        (["é pra minha mulher, ela tá grávida e com azia"], "gestante"),
        (["meu pai tem glaucoma e tá com enjoo, quero um remédio"], "glaucoma"),
        (["tô grávida de cinco meses", "próximo mês já vem", "e tô com azia"], "gestante"),
    ],
)
def test_a_condition_of_the_person_served_stays(book: Rulebook, texts: list[str], code: str) -> None:
    assert code in gather(texts, book).codes


def test_an_age_or_a_date_to_come_is_no_duration(book: Rulebook) -> None:
    assert gather(["minha filha faz três anos no mês que vem e amanheceu com febre"], book).fever_days < 1
    assert gather(["febre no de seis anos", "é, um de oito meses tá ótimo"], book).fever_days < 1
    assert gather(["febre faz quatro dias"], book).fever_days == 4
