"""Nearness in meaning: what the cases pull towards, and what the tables must be."""

import numpy as np
import pytest

from pipeline.recommendation.meaning import meaning_of, meaning_of_all
from pipeline.recommendation.resemblance import Bytes, Resemblance, ResemblanceFile, packed, unpacked
from pipeline.recommendation.resemblance_training import learn_resemblance

DANGEROUS = [["meu pai tá com um aperto no peito"], ["ela não consegue puxar o ar"], ["o menino engoliu veneno"]]
CALM = [["quanto custa o sabonete"], ["me dá um batom e um esmalte"], ["vocês entregam em casa"]]
DANGER = np.array([[1.0]] * 3 + [[0.0]] * 3)


def learnt(wanted: np.ndarray = DANGER, counts: np.ndarray | None = None) -> ResemblanceFile:
    return learn_resemblance([*DANGEROUS, *CALM], wanted, np.ones_like(wanted) if counts is None else counts)


@pytest.fixture(scope="module")
def resemblance() -> Resemblance:
    return Resemblance(learnt())


def test_the_same_said_in_other_words_is_near() -> None:
    said, other, another = map(meaning_of, ["sinto um aperto no coração", "meu peito tá apertado", "quanto é o xampu"])
    assert said @ other > 2 * (said @ another)


def test_a_conversation_means_what_its_sentences_mean_in_any_order() -> None:
    assert meaning_of_all(["bom dia", "dói aqui"]) == pytest.approx(meaning_of_all(["dói aqui", "bom dia"]))


def test_danger_in_words_that_no_case_has_is_nearer_the_dangerous(resemblance: Resemblance) -> None:
    [dangerous] = resemblance.pulls(["tá faltando fôlego pra respirar"])
    [calm] = resemblance.pulls(["qual o preço do hidratante"])
    assert dangerous > calm


def test_each_question_is_learnt_from_the_cases_that_count_for_it() -> None:
    counts = np.array([[1.0, 0.0]] * 5 + [[1.0, 1.0]])
    both = Resemblance(learnt(np.hstack([DANGER, 1 - DANGER]), counts))
    dangerous, other = both.pulls(["vocês entregam em casa"])
    assert dangerous < 0 < other
    assert both.pulls(DANGEROUS[0])[1] < other


def test_a_question_that_no_case_answers_pulls_nowhere() -> None:
    assert Resemblance(learnt(counts=np.zeros_like(DANGER))).pulls(CALM[0]) == [0.0]


def test_the_same_cases_pull_the_same() -> None:
    assert learnt() == learnt()


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Resemblance(learnt().model_copy(update={"casos": Bytes(colunas=1, escala=1.0, valores="AAEC")}))


def test_a_table_comes_back_from_its_bytes() -> None:
    table = unpacked(Bytes(colunas=2, escala=0.5, valores="AAH/fg=="))
    assert table.tolist() == [[0.0, 0.5], [-0.5, 63.0]]
    assert unpacked(packed(table)) == pytest.approx(table, abs=0.5)


def test_what_is_summed_over_many_cases_keeps_two_bytes() -> None:
    table = np.linspace(-13.0, 13.0, 5000)[np.newaxis]
    assert unpacked(packed(table, width=2)).sum() == pytest.approx(0.0, abs=0.05)
    assert np.abs(unpacked(packed(table, width=2)) - table).max() < 1e-3
