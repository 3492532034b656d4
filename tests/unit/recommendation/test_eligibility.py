"""Who may not have a product, when the disease, the medicine or the pregnancy is told in everyday words."""

import pytest

from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf


def code_of(book: Rulebook, shelf: Shelf, texts: list[str]) -> str:
    referred = judge(texts, book, shelf).referred
    return referred.referral.code if referred else ""


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["intestino soltou", "toma algo", "tomo pra não rejeitar o rim que ganhei"], "doenca_cronica"),
        (["dor de cabeça", "toma algo", "uso o rim do meu irmão"], "doenca_cronica"),
        (["enjoo", "comeu o quê", "foi a químio de ontem"], "doenca_cronica"),
        (["tô com azia", "comeu mal", "fico na máquina que limpa o sangue segunda e quarta"], "doenca_cronica"),
        (["dor de garganta", "toma algo", "tomo aquele do colesterol"], "doenca_cronica"),
        (["as juntas doem", "bateu", "é a doença da borboleta no rosto"], "doenca_cronica"),
        (["dor de dente, quero um", "toma algo", "me deram um pro sangue não engrossar"], "anticoagulante"),
        (["dor nas pernas", "de pé?", "não, foi eu começar aquele do colesterol e já doía"], "efeito_adverso"),
        (["barriga solta", "sempre?", "só nos dias que eu tomo aquele da glicose"], "efeito_adverso"),
        (["me vê algo pra enjoo", "comeu mal", "não, aplico a caneta na terça"], "efeito_adverso"),
        (["dor de cabeça", "toma algo", "o adesivo, e uma noite sem a dor vai embora"], "efeito_adverso"),
        (["queria algo pro enjoo", "comeu mal", "sexta tenho o ultrassom morfológico"], "gestante"),
        (["um analgésico", "pra quê", "cabeça pesada, fiz a transferência dos embriões"], "gestante"),
        (["dor de cabeça, o que levo", "dorme bem", "a cada duas horas uma mamada"], "lactante"),
        (["dor de cabeça", "tem alergia", "o tal do advil me fez inchar a garganta anos atrás"], "alergia"),
        (["dor de cabeça, quero algo", "alergia", "aquele azulzinho me deixou toda inchada"], "alergia"),
        (["coceira no braço, quero um antialérgico", "doença", "tirei o baço"], "doenca_cronica"),
        (["tem um pra dor nas costas", "toma algo", "só o que desentope as veias"], "anticoagulante"),
        (["dor no joelho", "toma algo", "só o aas infantil depois do almoço"], "anticoagulante"),
        (["tô com o intestino preso desde que comecei o tramadol"], "efeito_adverso"),
        (["tô com coceira depois que tomei a amoxicilina, tem um creme?"], "efeito_adverso"),
        (["quero um pra dor de cabeça", "grávida?", "não sei, não fiz teste"], "gestante"),
        (["quero um xarope pra tosse seca, mas um xarope me derrubou quando eu era rapaz"], "alergia"),
        (["dor nas costas", "toma o quê", "não sei, um amarelinho que me deram quase me mata"], "alergia"),
        (["meu neto tá com o peito roncando de catarro", "o xarope de adulto ou o pequeno"], "crianca_idade"),
        (["dor nas costas", "alergia", "um comprimidinho amarelo me encheu de placa"], "alergia"),
    ],
)
def test_what_is_told_in_everyday_words_refers(book: Rulebook, shelf: Shelf, texts: list[str], code: str) -> None:
    assert code_of(book, shelf, texts) == code


@pytest.mark.parametrize(
    "texts",
    [
        ["tô com azia", "usa remédio?", "não"],
        ["tô com a garganta arranhando", "tosse?", "não, parei de fumar e melhorou"],
        ["olho seco", "usa lente?", "não, arde nos dias que uso o computador"],
    ],
)
def test_the_same_words_of_no_medicine_refer_nobody(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    assert code_of(book, shelf, texts) == ""
