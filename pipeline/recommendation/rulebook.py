"""The rule file and its lexicon, read strictly: a misspelt concept, term or key stops the start with its line."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.lexicon import Lexicon
from pipeline.recommendation.lexicon_files import Strict, lexicon_paths, load_lexicon
from pipeline.recommendation.yaml_lines import line_of, parse

DERIVED = frozenset({"necessidade", "queixa_duradoura", "sintoma_respiratorio", "dengue_avaliada"})
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


class WeakCue(Strict):
    peso: int = Field(ge=1)
    codigo: str


class DoubtFile(Strict):
    """Weak cues of danger, weighed together where no rule holds."""

    calar: int = Field(ge=1)
    encaminhar: int = Field(ge=1)
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


def load_rulebook(path: Path, prescription_names: tuple[str, ...] = ()) -> Rulebook:
    """Read `path` and the lexicon beside it; the catalogue adds the names of its prescription items.

    Raises RulesError.
    """
    rules, tree = parse(RuleFile, path)
    files = lexicon_paths(path)
    lexicon = load_lexicon(files, prescription_names)
    referrals = []
    for index, item in enumerate(rules.encaminhar):
        line = line_of(tree, ("encaminhar", index))
        if bool(item.quando) == bool(item.criterio):
            raise RulesError(path, line, f"{item.codigo}: give either quando or criterio")
        when = tuple(
            tuple(_term(path, line_of(tree, ("encaminhar", index, "quando", n)), text, lexicon) for text in together)
            for n, together in enumerate(item.quando)
        )
        referrals.append(Referral(item.codigo, item.urgente, item.mensagem, when, item.criterio))
    unknown = (
        rules.produtos.duram_sem_alarme | rules.produtos.respiratorios | rules.produtos.bebe_sem_dispositivo
    ) - lexicon.concepts.keys()
    if unknown:
        raise RulesError(
            path, line_of(tree, ("produtos",)), f"no such concept in the lexicon: {', '.join(sorted(unknown))}"
        )
    codes = {referral.code for referral in referrals}
    for cue, weak in rules.duvida.pistas.items():
        if cue not in lexicon.concepts or weak.codigo not in codes:
            raise RulesError(path, line_of(tree, ("duvida", "pistas", cue)), f"{cue}: no such concept or referral code")
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in (path, *files))).hexdigest()[:12]
    return Rulebook(f"{rules.versao}+{digest}", lexicon, tuple(referrals), rules.duvida, rules.produtos)


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
