"""The second reading: what it learns, what it says, and what it may not do."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.recommendation import RecommendationSettings
from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.judge import judge
from pipeline.recommendation.lexicon_files import LEXICON_FILES
from pipeline.recommendation.rulebook import Rulebook, load_rulebook, urgent_codes
from pipeline.recommendation.second_reading import FILE_NAME, Question, SecondReading, features, load_second_reading
from pipeline.recommendation.second_reading_training import CASES_FOLDER, Example, digest, learn, read_examples
from pipeline.recommendation.shelf import Shelf

RULES = RecommendationSettings().rules
CASES = RULES.with_name(CASES_FOLDER)

EXAMPLES = [
    *(Example((f"{who} engasgou e ficou roxo",), "falta_de_ar") for who in ("meu pai", "minha tia", "o menino")),
    *(Example((f"{who} engoliu veneno",), "intoxicacao") for who in ("meu pai", "minha tia", "o menino")),
    *(Example((f"{who} quer um sabonete",), None) for who in ("meu pai", "minha tia", "o menino")),
]
ASKED = {Question.REQUEST: True, Question.FREE: True}
ANSWERED = [
    *(Example((f"{who} com azia, me vê algo",), None, ASKED) for who in ("tô", "acordei", "fiquei")),
    *(Example((f"{who} azia é daquele filme",), None, {Question.REQUEST: False}) for who in ("a", "essa", "aquela")),
    *(Example((f"{who} com azia e grávida",), None, {Question.FREE: False}) for who in ("tô", "acordei", "fiquei")),
]


def examples_of(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    return loaded


def test_features_are_stems_and_their_pairs() -> None:
    assert features("a cabeça dói") == ("kabe", "doi", "a kabe", "kabe doi")


def test_it_tells_danger_from_none_and_dangers_apart() -> None:
    reading = SecondReading(learn(EXAMPLES))
    choking, calm = reading.likeness(["ficou roxo"]), reading.likeness(["quer um sabonete"])
    assert choking is not None
    assert calm is not None
    assert choking.danger > calm.danger
    assert choking.codes[0] == "falta_de_ar"


def test_the_sentence_that_says_it_is_named_among_small_talk() -> None:
    like = SecondReading(learn(EXAMPLES)).likeness(["quer um sabonete", "engoliu veneno"])
    assert like is not None
    assert like.utterance == 1


def test_unknown_words_say_nothing() -> None:
    assert SecondReading(learn(EXAMPLES)).likeness(["xyz"]) is None


def test_it_tells_a_request_from_talk_and_who_may_be_served_from_who_may_not() -> None:
    reading = SecondReading(learn([*EXAMPLES, *ANSWERED]))
    asked = reading.permission(["acordei com azia", "me vê algo"])
    assert asked.request > reading.permission(["que azia de filme"]).request
    assert asked.free > reading.permission(["tô com azia e tô grávida"]).free


def test_what_is_known_of_a_case_is_read_from_its_keys_and_its_file(tmp_path: Path) -> None:
    for name, case in {
        "calar.yaml": '{falas: ["a"]}',
        "encaminhar.yaml": '{falas: ["b"], encaminhar: avc}',
        "exemplos_balcao.yaml": '{falas: ["c"], pede: false}',
        "exemplos_calmos.yaml": '{falas: ["d"]}',
        "sugerir.yaml": '{falas: ["e"], sugerir: [B001]}',
    }.items():
        (tmp_path / name).write_text(f"- {case}\n", encoding="utf-8")
    silent, referred, strangers, unknown, suggested = read_examples(tmp_path, frozenset({"avc"}))
    assert silent.answers == strangers.answers == {Question.REQUEST: False}
    assert (referred.danger, referred.answers) == ("avc", {Question.FREE: False})
    assert unknown.answers == {}
    assert suggested.answers == ASKED
    assert strangers.counts > unknown.counts


def test_the_same_cases_give_the_same_weights() -> None:
    assert learn(EXAMPLES) == learn(EXAMPLES)


def test_the_weights_are_in_step_with_the_cases() -> None:
    assert load_second_reading(RULES.with_name(FILE_NAME)).cases == digest(read_examples(CASES, urgent_codes(RULES)))


def test_every_dangerous_example_is_referred_and_quoted(book: Rulebook, shelf: Shelf) -> None:
    for case in examples_of("exemplos_perigo.yaml"):
        judged = judge(case["falas"], book, shelf)
        assert judged.referred is not None, case
        assert judged.open == ()
        assert all(is_literal(quote, case["falas"]) for quote in judged.referred.evidence)


def test_few_calm_examples_are_taken_for_urgent(book: Rulebook, shelf: Shelf) -> None:
    calm = examples_of("exemplos_calmos.yaml")
    judged = [judge(case["falas"], book, shelf).referred for case in calm]
    assert sum(r is not None and r.referral.urgent for r in judged) < 0.05 * len(calm)


def test_danger_that_no_rule_has_words_for_is_referred_with_its_sentence(book: Rulebook, shelf: Shelf) -> None:
    texts = ["bom dia", "depois que ela morreu eu só fico imaginando como seria ir junto e acabar logo"]
    judged = judge(texts, book, shelf)
    assert judged.referred is not None
    assert judged.referred.evidence == (texts[1],)


def test_a_question_that_waits_for_its_answer_is_no_danger(book: Rulebook, shelf: Shelf) -> None:
    asked = ["minha garganta tá arranhando desde ontem de tanto falar", "tá com febre, placa?"]
    assert judge(asked, book, shelf).referred is None


def test_a_complaint_that_nobody_wants_served_is_left_alone(book: Rulebook, shelf: Shelf) -> None:
    told = ["essa novela me dá azia", "troca de canal", "vou trocar, e passa esse sabonete aí"]
    assert judge(told, book, shelf).open == ()


def test_where_nothing_is_asked_for_nothing_is_shown(book: Rulebook, shelf: Shelf) -> None:
    silent = [case["falas"] for case in examples_of("exemplos_balcao.yaml") if case.get("pede") is False]
    shown = [falas for falas in silent if judge(falas, book, shelf).open]
    assert len(shown) < 0.02 * len(silent), shown


def test_most_that_may_be_served_is_not_withheld(book: Rulebook) -> None:
    limits = book.doubt.leitura
    asked = [case["falas"] for case in examples_of("exemplos_balcao.yaml") if case.get("pede")]
    permitted = [book.second_reading.permission(falas) for falas in asked]
    kept = [p for p in permitted if p.request >= limits.pedido and p.free >= limits.livre]
    assert len(kept) > 0.95 * len(asked)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    for name in (RULES.name, *LEXICON_FILES, FILE_NAME):
        shutil.copy(RULES.with_name(name), tmp_path / name)
    return tmp_path / RULES.name


def test_missing_weights_stop_the_start_and_say_how_to_make_them(rules: Path) -> None:
    rules.with_name(FILE_NAME).unlink()
    with pytest.raises(RulesError, match="balto regras aprender"):
        load_rulebook(rules)


def test_weights_that_are_no_weights_are_refused(rules: Path) -> None:
    rules.with_name(FILE_NAME).write_text('{"pesos": 1}', encoding="utf-8")
    with pytest.raises(RulesError, match="make it again"):
        load_rulebook(rules)


def test_weights_for_a_code_that_no_rule_has_are_refused(rules: Path) -> None:
    path = rules.with_name(FILE_NAME)
    path.write_text(path.read_text(encoding="utf-8").replace('"avc"', '"derrame"', 1), encoding="utf-8")
    with pytest.raises(RulesError, match="derrame"):
        load_rulebook(rules)
