"""Personal data does not pass; what the pharmacist needs to hear does."""

import pytest

from pipeline.redaction import redact


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("meu CPF é 123.456.789-09 tá", "meu CPF é [documento] tá"),
        ("o cpf é um dois três quatro cinco seis sete oito nove zero nove", "o cpf é [numero]"),
        ("o telefone é nove nove oito sete seis cinco quatro três", "o telefone é [numero]"),
        ("liga no (11) 98765-4321", "liga no (11) [numero]"),
        ("maria arroba gmail ponto com por favor", "[email] por favor"),
        ("é maria.silva@exemplo.com.br", "é [email]"),
        ("moro na rua das flores, 123 apto", "moro na [endereco] apto"),
        ("passa no cartão 4111 1111 1111 1111", "passa no cartão [cartao]"),
        ("meu nome é Maria da Silva e tô com tosse", "meu nome é [nome] e tô com tosse"),
        ("pode pôr no nome de joão", "pode pôr no nome de [nome]"),
    ],
)
def test_what_names_a_person_is_replaced_by_a_tag(said: str, kept: str) -> None:
    assert redact(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "me vê dois, são três comprimidos de 500 mg",
        "ele tem dois meses, tá com trinta e oito e meio de febre desde cedo",
        "paracetamol 750 de seis em seis horas, uma caixa com vinte",
        "a pressão dele deu 12 por 8 e depois 13 por 9",
        "custa 12,90 e o outro 15,50",
        "na rua tava muito frio e eu peguei essa tosse",
    ],
)
def test_numbers_of_medicine_age_and_price_stay(said: str) -> None:
    assert redact(said) == said
