"""The lexicon's files, read strictly: `lexico.yaml` (complaints, people, ways of speaking), `alarmes.yaml` (danger)."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.lexicon import Concept, Kind, Lexicon
from pipeline.recommendation.patterns import Pattern, PatternError, compile_name, compile_pattern
from pipeline.recommendation.yaml_lines import line_of, parse

SPLIT_NAME_LETTERS = 7  # shorter names, split, are other words
LEXICON_FILES = ("lexico.yaml", "alarmes.yaml")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConceptFile(Strict):
    nome: str
    tipo: Kind
    falas: tuple[str, ...] = Field(min_length=1)
    serve: dict[str, float] = {}
    generico: bool = False
    fraco: bool = False
    implica: tuple[str, ...] = ()
    codigo: str | None = None


class LexiconFile(Strict):
    versao: str
    termos: dict[str, str] = {}
    conceitos: dict[str, ConceptFile]


def lexicon_paths(rules: Path) -> tuple[Path, ...]:
    """The lexicon's files, which lie beside the rule file."""
    return tuple(rules.with_name(name) for name in LEXICON_FILES)


def load_lexicon(paths: tuple[Path, ...], prescription_names: tuple[str, ...]) -> Lexicon:
    """Raises RulesError naming file and line: a bad pattern, a concept given twice or named and not given."""
    files = [(path, *parse(LexiconFile, path)) for path in paths]
    terms = {name: text for _, file, _ in files for name, text in file.termos.items()}
    known = {code for _, file, _ in files for code in file.conceitos}
    concepts: dict[str, Concept] = {}
    for path, file, tree in files:
        for code, item in file.conceitos.items():
            line = line_of(tree, ("conceitos", code))
            if code in concepts:
                raise RulesError(path, line, f"{code}: given in two files of the lexicon")
            if unknown := {*item.serve, *item.implica} - known:
                raise RulesError(path, line, f"{code}: no such concept: {', '.join(sorted(unknown))}")
            said = item.falas + (prescription_names if code == "tarjado" else ())
            patterns = tuple(
                _pattern(path, line_of(tree, ("conceitos", code, "falas", n)), text, terms)
                for n, text in enumerate(said)
            )
            concepts[code] = _concept(code, item, patterns + _names(item, said))
    return Lexicon(concepts.values())


def _names(item: ConceptFile, said: tuple[str, ...]) -> tuple[Pattern, ...]:
    """Medicines' names as one word, so that they are known when a recogniser splits them."""
    if item.tipo is not Kind.MEDICINE:
        return ()
    return tuple(
        compile_name(text)
        for text in said
        if text.removesuffix("*").isalpha() and len(text.removesuffix("*")) >= SPLIT_NAME_LETTERS
    )


def _concept(code: str, item: ConceptFile, patterns: tuple[Pattern, ...]) -> Concept:
    return Concept(
        code, item.nome, item.tipo, patterns, item.serve, item.generico, item.fraco, item.implica, item.codigo
    )


def _pattern(path: Path, line: int, text: str, terms: dict[str, str]) -> Pattern:
    try:
        while "<" in text:  # a term may be made of others
            text = re.sub(r"<(\w+)>", lambda m: terms[m[1]], text)
        return compile_pattern(text)
    except KeyError as error:
        raise RulesError(path, line, f"no term <{error.args[0]}> in termos") from error
    except PatternError as error:
        raise RulesError(path, line, str(error)) from error
