"""The rule file and its lexicon, read strictly: a misspelt concept, term or key stops the start with its line."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field
from yaml.nodes import Node

from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.lexicon import Lexicon
from pipeline.recommendation.lexicon_files import Strict, lexicon_paths, load_lexicon
from pipeline.recommendation.second_reading import FILE_NAME, SecondReading, load_second_reading
from pipeline.recommendation.yaml_lines import line_of, parse

DERIVED = frozenset(
    {"necessidade", "queixa_duradoura", "sintoma_respiratorio", "dengue_avaliada", "cronica_controlada"}
)
MEASURES = frozenset({"idade_meses", "dias", "febre_dias", "remedios"})
TERM = re.compile(r"(?P<measure>[a-z_]+)(?P<sign><|>=)(?P<limit>\d+)|(?P<no>!?)(?P<code>[a-z_]+)")
Criterion = Literal["tarja_sem_receita", "menor_de_2", "crianca_idade"]


class ReferralFile(Strict):
    codigo: str
    urgente: bool = False
    quando: tuple[tuple[str, ...], ...] = ()
    criterio: Criterion | None = None
    mensagem: str
    fonte: str = Field(min_length=5)


class ProductRules(Strict):
    """What a product must be to be offered, and to whom."""

    sem_prescricao_apenas: Literal[True]
    formas_orais: tuple[str, ...]
    classes_sem_medicamento: frozenset[str]
    crianca_sem_idade: frozenset[str]
    bebe_sem_dispositivo: frozenset[str]  # complaints of a child under 2, or of unknown age, that no device answers
    criterio_crianca: str
    respiratorios: frozenset[str]
    dengue_avaliada: tuple[str, ...]
    duram_sem_alarme: frozenset[str]
    cronicas_filtradas: dict[str, frozenset[str]]  # a disease, and the complaints that it makes the pharmacist's


class WeakCue(Strict):
    peso: int = Field(ge=1)
    codigo: str


class LikenessFile(Strict):
    """From what likeness to dangerous cases on, between 0 and 1, the second reading speaks."""

    calar: float = Field(gt=0, lt=1)
    encaminhar: float = Field(gt=0, lt=1)
    sem_queixa: float = Field(gt=0, lt=1)  # where nothing said is a complaint that a product serves
    de_outros: float = Field(gt=0, lt=1)  # where other people, other times, prices or television are talked of
    pedido: float = Field(ge=0, lt=1)  # below it, nobody served seems to want something: no product
    livre: float = Field(ge=0, lt=1)  # below it, something told seems to forbid it: no product
    livre_apesar: float = Field(gt=0, lt=1)  # from it on, a product is shown although it sounds dangerous to it
    exige: dict[str, str] = {}  # a code, and the concept without whose mention it makes no sense


class DoubtFile(Strict):
    """Weak cues of danger, weighed together where no rule holds."""

    calar: int = Field(ge=1)
    encaminhar: int = Field(ge=1)
    leitura: LikenessFile
    fonte: str = Field(min_length=5)
    pistas: dict[str, WeakCue]


class RuleFile(Strict):
    versao: str
    encaminhar: tuple[ReferralFile, ...] = Field(min_length=1)
    duvida: DoubtFile
    produtos: ProductRules


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a rule asks: a concept said (or not), or a measure within a limit."""

    code: str
    negated: bool = False
    below: int | None = None
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class Referral:
    code: str
    urgent: bool
    message: str
    when: tuple[tuple[Term, ...], ...]  # any of these, each as a whole
    criterion: Criterion | None


@dataclass(frozen=True, slots=True)
class Rulebook:
    version: str
    lexicon: Lexicon
    referrals: tuple[Referral, ...]  # the first that holds decides
    doubt: DoubtFile
    products: ProductRules
    second_reading: SecondReading


def load_rulebook(path: Path, prescription_names: tuple[str, ...] = ()) -> Rulebook:
    """Read `path`, and the lexicon and the weights beside it; the catalogue adds the names of its prescription items.

    Raises RulesError.
    """
    rules, tree = parse(RuleFile, path)
    files = (*lexicon_paths(path), path.with_name(FILE_NAME))
    lexicon = load_lexicon(lexicon_paths(path), prescription_names)
    referrals = tuple(_referral(path, tree, index, item, lexicon) for index, item in enumerate(rules.encaminhar))
    codes = frozenset(referral.code for referral in referrals)
    _check_names(path, tree, rules, lexicon, codes)
    second = load_second_reading(path.with_name(FILE_NAME))
    if strange := second.codes - codes:
        raise RulesError(path.with_name(FILE_NAME), None, f"no such referral code: {', '.join(sorted(strange))}")
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in (path, *files))).hexdigest()[:12]
    return Rulebook(f"{rules.versao}+{digest}", lexicon, referrals, rules.duvida, rules.produtos, second)


def _referral(path: Path, tree: Node, index: int, item: ReferralFile, lexicon: Lexicon) -> Referral:
    if bool(item.quando) == bool(item.criterio):
        line = line_of(tree, ("encaminhar", index))
        raise RulesError(path, line, f"{item.codigo}: give either quando or criterio")
    when = tuple(
        tuple(_term(path, line_of(tree, ("encaminhar", index, "quando", n)), text, lexicon) for text in together)
        for n, together in enumerate(item.quando)
    )
    return Referral(item.codigo, item.urgente, item.mensagem, when, item.criterio)


def _check_names(path: Path, tree: Node, rules: RuleFile, lexicon: Lexicon, codes: frozenset[str]) -> None:
    """Every concept and code that the rest of the file names is there."""
    products = rules.produtos
    named = products.duram_sem_alarme | products.respiratorios | products.bebe_sem_dispositivo
    named = named.union(products.cronicas_filtradas, *products.cronicas_filtradas.values())
    if unknown := named - lexicon.concepts.keys():
        line = line_of(tree, ("produtos",))
        raise RulesError(path, line, f"no such concept in the lexicon: {', '.join(sorted(unknown))}")
    for cue, weak in rules.duvida.pistas.items():
        if cue not in lexicon.concepts or weak.codigo not in codes:
            raise RulesError(path, line_of(tree, ("duvida", "pistas", cue)), f"{cue}: no such concept or referral code")
    for code, concept in rules.duvida.leitura.exige.items():
        if concept not in lexicon.concepts or code not in codes:
            line = line_of(tree, ("duvida", "leitura", "exige", code))
            raise RulesError(path, line, f"{code}: no such concept or referral code")


def urgent_codes(path: Path) -> frozenset[str]:
    """The codes of the referrals that cannot wait. Raises RulesError."""
    rules, _ = parse(RuleFile, path)
    return frozenset(item.codigo for item in rules.encaminhar if item.urgente)


def _term(path: Path, line: int, text: str, lexicon: Lexicon) -> Term:
    match = TERM.fullmatch(text)
    if match is None:
        raise RulesError(path, line, f"{text!r} is not a term: write concept, !concept, measure<n or measure>=n")
    if match["measure"]:
        if match["measure"] not in MEASURES:
            raise RulesError(path, line, f"no measure {match['measure']!r}; there are {', '.join(sorted(MEASURES))}")
        limit = int(match["limit"])
        below, least = (limit, None) if match["sign"] == "<" else (None, limit)
        return Term(match["measure"], below=below, at_least=least)
    if match["code"] not in lexicon.concepts and match["code"] not in DERIVED:
        raise RulesError(path, line, f"no concept {match['code']!r} in the lexicon")
    return Term(match["code"], negated=bool(match["no"]))
