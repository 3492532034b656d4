"""The recommender: rules, then candidates, then the model if there is one, then checks.

The model only chooses among products that the rules allow and words the reason; whatever it answers, code checks the
product, the quote and the sentence. Without a model, or when it fails, the deterministic choice answers.
"""

from dataclasses import dataclass
from time import monotonic

from configs.recommendation import RecommendationSettings
from pipeline.recommendation.candidates import Candidate
from pipeline.recommendation.catalogue import load_catalogue
from pipeline.recommendation.checks import is_literal, objection
from pipeline.recommendation.facts import symptoms_said
from pipeline.recommendation.judge import Judgement, choose, judge
from pipeline.recommendation.meaning import get_ready
from pipeline.recommendation.model import ChatAnswer, ChatModel, ChatRequest
from pipeline.recommendation.prompt import SCHEMA_NAME, Chosen, json_schema, parse_answer, system_text, user_text
from pipeline.recommendation.rulebook import Rulebook, load_rulebook
from pipeline.recommendation.shelf import Shelf
from pipeline.recommendation.wording import explain, with_notice
from pipeline.stages import (
    Basis,
    RecommendationRequest,
    Recommender,
    Refer,
    Silence,
    StageFailed,
    Suggest,
    Suggestion,
    Verdict,
)

DETERMINISTIC = "deterministico"
LONGEST_CONVERSATION = 60  # utterances read at once; what is older has been judged before


def make_recommender(settings: RecommendationSettings, model: ChatModel | None) -> Recommender:
    """Load catalogue and rules. Raises CatalogueError or RulesError, naming file, line and reason."""
    catalogue = load_catalogue(settings.catalogue)
    book = load_rulebook(settings.rules, catalogue.prescription_names())
    get_ready()
    return RuledRecommender(settings, book, Shelf(catalogue, book.lexicon), model)


@dataclass(frozen=True, slots=True)
class _ModelSaid:
    """What came of asking the model: items (perhaps none), or None when it is not to be believed."""

    items: tuple[Suggestion, ...] | None
    basis: Basis


class RuledRecommender:
    """Answers about one conversation at a time; holds no state between questions."""

    def __init__(self, settings: RecommendationSettings, book: Rulebook, shelf: Shelf, model: ChatModel | None) -> None:
        self._settings = settings
        self._book = book
        self._shelf = shelf
        self._model = model
        self._system = system_text(settings.max_items)

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        began = monotonic()
        texts = [heard.text for heard in request.heard][-LONGEST_CONVERSATION:]
        judged = judge(texts, self._book, self._shelf, request.shown_skus)
        basis = self._basis(judged)
        if judged.referred is not None:
            referral = judged.referred.referral
            quotes = tuple(q for q in judged.referred.evidence if is_literal(q, texts))
            return Refer(
                reason=referral.code, message=referral.message, evidence=quotes, basis=basis, urgent=referral.urgent
            )
        if not judged.open:
            return Silence(reason=judged.silence, basis=basis)
        if self._model is not None and request.model_allowed:
            budget_s = request.budget_s * self._settings.model_budget_share - (monotonic() - began)
            said = await self._ask(self._model, request, texts, judged, budget_s)
            if said.items is not None:
                return (
                    Suggest(items=said.items, basis=said.basis)
                    if said.items
                    else Silence(reason="modelo sem sugestão", basis=said.basis)
                )
            basis = said.basis
        return self._deterministic(texts, judged, basis)

    def _deterministic(self, texts: list[str], judged: Judgement, basis: Basis) -> Verdict:
        items = tuple(
            Suggestion(
                sku=c.product.sku, produto=c.product.name, explicacao=explain(c, self._book), evidence=c.evidence
            )
            for c in choose(judged.open, self._settings.max_items)
            if c.evidence and all(is_literal(quote, texts) for quote in c.evidence)
        )
        return Suggest(items=items, basis=basis) if items else Silence(reason="sem citação literal", basis=basis)

    async def _ask(
        self, model: ChatModel, request: RecommendationRequest, texts: list[str], judged: Judgement, budget_s: float
    ) -> _ModelSaid:
        offered = judged.open[: self._settings.candidates]
        answer = await model.complete(
            ChatRequest(
                system=self._system,
                user=user_text(texts, offered, request.shown_skus),
                schema_name=SCHEMA_NAME,
                json_schema=json_schema(),
                conversation_id=request.conversation_id,
                budget_s=max(0.0, budget_s),
                session_id=request.session_id,
                interaction_id=request.interaction_id,
            )
        )
        if isinstance(answer, StageFailed):
            return _ModelSaid(None, self._basis(judged, calls_of=answer, note=f"modelo falhou: {answer.category}"))
        chosen = parse_answer(answer.text)
        if isinstance(chosen, str):
            return _ModelSaid(None, self._basis(judged, calls_of=answer, note=f"modelo recusado: {chosen}"))
        items, refused = self._checked(chosen, offered, texts)
        if chosen.itens and not items:
            return _ModelSaid(None, self._basis(judged, calls_of=answer, note=f"modelo recusado: {'; '.join(refused)}"))
        return _ModelSaid(items, self._basis(judged, calls_of=answer, note="; ".join(refused), by_model=answer))

    def _checked(
        self, chosen: Chosen, offered: tuple[Candidate, ...], texts: list[str]
    ) -> tuple[tuple[Suggestion, ...], list[str]]:
        """The items that pass every check, and why the others do not."""
        allowed = {c.product.sku: c for c in offered}
        items: dict[str, Suggestion] = {}
        refused = []
        for item in chosen.itens[: self._settings.max_items]:
            candidate = allowed.get(item.sku)
            quotes = tuple(quote for quote in item.evidencia if quote.strip())
            if candidate is None:
                refused.append(f"{item.sku[:40]!r} não está entre os permitidos")
            elif not quotes or not all(is_literal(quote, texts) for quote in quotes):
                refused.append(f"{item.sku}: citação não literal")
            else:
                because = objection(item.explicacao, candidate.product.name)
                sentence = item.explicacao.strip() if because is None else ""
                if because is not None:
                    refused.append(f"{item.sku}: {because}; frase trocada")
                text = with_notice(sentence, candidate, self._book) if sentence else explain(candidate, self._book)
                items[item.sku] = Suggestion(
                    sku=item.sku, produto=candidate.product.name, explicacao=text, evidence=quotes
                )
        return tuple(items.values()), refused

    def _basis(
        self,
        judged: Judgement,
        *,
        calls_of: ChatAnswer | StageFailed | None = None,
        note: str = "",
        by_model: ChatAnswer | None = None,
    ) -> Basis:
        return Basis(
            engine=by_model.provider if by_model else DETERMINISTIC,
            model=by_model.model if by_model else None,
            catalogue_version=self._shelf.catalogue.version,
            rules_version=self._book.version,
            calls=calls_of.calls if calls_of is not None else (),
            symptoms=symptoms_said(judged.facts),
            notes=(*((note,) if note else ()), *judged.refused[:20]),
        )
