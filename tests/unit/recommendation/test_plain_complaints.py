"""The commonest talk there is: one complaint in one plain sentence, before anybody has asked anything, is answered.

No case has these sentences. A reading that learns danger and doubt from long conversations could stop them all.
"""

import pytest

from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf

COMPLAINTS = (
    "dor de cabeça",
    "dor nas costas",
    "dor no corpo",
    "dor de garganta",
    "dor de dente",
    "cólica menstrual",
    "torcicolo",
    "nariz entupido",
    "coriza",
    "resfriado",
    "tosse seca",
    "tosse com catarro",
    "rouquidão",
    "rinite",
    "coceira na pele",
    "picada de mosquito",
    "queimadura de sol",
    "calcanhar rachado",
    "frieira",
    "caspa",
    "piolho",
    "azia",
    "gases",
    "prisão de ventre",
    "diarreia",
    "enjoo de viagem",
    "hemorroida",
    "afta",
    "insônia",
)
SAID = ("Eu estou com {} desde ontem.", "boa tarde, queria um remédio pra {}", "minha esposa está com {}")


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("complaint", COMPLAINTS)
def test_a_complaint_in_one_sentence_is_answered(said: str, complaint: str, book: Rulebook, shelf: Shelf) -> None:
    assert judge([said.format(complaint)], book, shelf).open


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("viajei e o intestino emperrou, tem alguma coisa", "prisao_ventre"),
        ("vou de lancha amanhã e mareio, tem comprimido", "enjoo_viagem"),
        ("eu vivo no banheiro toda hora desde hoje cedo, tem alguma coisa", "diarreia"),
        ("fiquei a tarde no sol e não consigo encostar a camisa nas costas, o que eu passo", "queimadura_sol"),
        ("tá querendo sair aquilo no meu beiço de novo, tem pomada", "herpes_labial"),
        ("não faço o número dois faz três dias, o que você indica", "prisao_ventre"),
        ("abriu uma feridinha branca na bochecha por dentro, o que eu passo", "afta"),
        ("sobe uma queimação na garganta depois da janta, tem alguma coisa", "azia"),
    ],
)
def test_a_complaint_in_unusual_words_is_known(book: Rulebook, shelf: Shelf, said: str, code: str) -> None:
    first = judge([said], book, shelf).open[0].complaint
    assert first is not None
    assert first.code == code
