"""Nearness in meaning: what the cases pull towards, and what the tables must be."""

import pytest

from pipeline.recommendation.meaning import meaning_of, meaning_of_all
from pipeline.recommendation.resemblance import Bytes, Resemblance, packed, unpacked
from pipeline.recommendation.resemblance_training import learn_resemblance

DANGEROUS = [["meu pai tá com um aperto no peito"], ["ela não consegue puxar o ar"], ["o menino engoliu veneno"]]
CALM = [["quanto custa o sabonete"], ["me dá um batom e um esmalte"], ["vocês entregam em casa"]]


@pytest.fixture(scope="module")
def resemblance() -> Resemblance:
    return Resemblance(learn_resemblance([*DANGEROUS, *CALM], [True] * 3 + [False] * 3))


def test_the_same_said_in_other_words_is_near() -> None:
    said, other, another = map(meaning_of, ["sinto um aperto no coração", "meu peito tá apertado", "quanto é o xampu"])
    assert said @ other > 2 * (said @ another)


def test_a_conversation_means_what_its_sentences_mean_in_any_order() -> None:
    assert meaning_of_all(["bom dia", "dói aqui"]) == pytest.approx(meaning_of_all(["dói aqui", "bom dia"]))


def test_danger_in_words_that_no_case_has_is_nearer_the_dangerous(resemblance: Resemblance) -> None:
    assert resemblance.danger(["tá faltando fôlego pra respirar"]) > resemblance.danger(["qual o preço do hidratante"])


def test_the_same_cases_pull_the_same() -> None:
    learnt = [learn_resemblance([*DANGEROUS, *CALM], [True] * 3 + [False] * 3) for _ in range(2)]
    assert learnt[0] == learnt[1]


def test_tables_that_do_not_fit_are_refused() -> None:
    file = learn_resemblance([*DANGEROUS, *CALM], [True] * 3 + [False] * 3)
    with pytest.raises(ValueError, match="do not fit"):
        Resemblance(file.model_copy(update={"casos": Bytes(colunas=1, escala=1.0, valores="AAEC")}))


def test_a_table_comes_back_from_its_bytes() -> None:
    table = unpacked(Bytes(colunas=2, escala=0.5, valores="AAH/fg=="))
    assert table.tolist() == [[0.0, 0.5], [-0.5, 63.0]]
    assert unpacked(packed(table)) == pytest.approx(table, abs=0.5)
