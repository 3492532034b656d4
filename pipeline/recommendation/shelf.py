"""The catalogue read with the lexicon: which concept each product is indicated for, and by what words it is named."""

from collections import defaultdict
from dataclasses import dataclass

from pipeline.recommendation.catalogue import Catalogue, Product
from pipeline.recommendation.lexicon import Kind, Lexicon, Mention, Scan
from pipeline.recommendation.spoken import sound_of, spoken

# words that name a form or a use, not a product: alone they do not tell which product is meant
PLAIN_NAMES = frozenset(
    sound_of(word)
    for word in [
        "gel",
        "creme",
        "solução",
        "sabonete",
        "kit",
        "teste",
        "soro",
        "sais",
        "pó",
        "bolsa",
        "óleo",
        "leite",
        "ácido",
        "vitamina",
        "gotas",
        "spray",
        "oral",
        "composto",
        "para",
        "com",
        "infantil",
        "adulto",
        "extrato",
        "água",
        "sal",
        "álcool",
        "protetor",
        "vitaminas",
        "emplastro",
        "xampu",
        "loção",
        "pomada",
        "suspensão",
        "xarope",
        "comprimido",
        "sódio",
        "glicose",
        "cloreto",
        "solar",
        "dor",
        "pele",
        "bebê",
        "cloridrato",
        "nasal",
        "adesivo",
        "talco",
        "creme",
        "curativo",
    ]
)

# forms by which people tell one presentation from another, and how the catalogue begins to write each
FORMS = {
    sound_of(said): tuple(map(sound_of, written.split()))
    for said, written in {
        "injetável": "injetável ampola", "injeção": "injetável ampola", "comprimido": "comprimido drágea cápsula",
        "colírio": "colírio", "xarope": "xarope", "pomada": "pomada creme gel", "creme": "creme pomada gel",
        "gel": "gel creme pomada", "gotas": "gotas solução suspensão",
        "geriátrica": "geriátrica", "geriátrico": "geriátrico",
    }.items()
}  # fmt: skip
SHORT_NAME = 6  # letters by which people shorten an ingredient


@dataclass(frozen=True, slots=True)
class Indication:
    product: Product
    concept: str
    rank: int  # place among the product's indications
    pediatric: bool


class Shelf:
    """The catalogue, ready to be asked. Built once; read-only after."""

    def __init__(self, catalogue: Catalogue, lexicon: Lexicon) -> None:
        self.catalogue = catalogue
        self._by_concept: dict[str, list[Indication]] = defaultdict(list)
        self._by_word: dict[str, list[tuple[Product, frozenset[str]]]] = defaultdict(list)
        for product in catalogue.products.values():
            self._index_indications(product, lexicon)
            self._index_names(product)

    def _index_indications(self, product: Product, lexicon: Lexicon) -> None:
        for rank, text in enumerate(product.indications):
            folded = spoken(text).sounds
            if "reseita" in folded or "orientasao" in folded:
                continue
            scan = lexicon.scan(text)
            pediatric = any(m.concept.code in ("crianca", "bebe") for m in scan.mentions)
            pediatric = pediatric or " kriansa" in folded or " bebe" in folded
            for mention in _widest(scan):
                self._by_concept[mention.concept.code].append(
                    Indication(product, mention.concept.code, rank, pediatric)
                )

    def _index_names(self, product: Product) -> None:
        words = [t.sound for t in spoken(product.name).tokens if len(t.sound) > 2 and not t.sound.isdigit()]
        names = frozenset(words) | {sound_of(i.split()[0]) for i in product.ingredients if len(i.split()[0]) > 4}
        names |= {
            sound_of(i)[:SHORT_NAME] for i in product.ingredients if len(i.split()[0]) > SHORT_NAME + 3
        }  # "azitro"
        names |= {a + b for a, b in zip(words, words[1:2], strict=False)}  # "protetor solar" names, "protetor" does not
        for word in names:
            if word not in PLAIN_NAMES and len(word) > 3:
                self._by_word[word].append((product, frozenset(words)))

    def indicated(self, concept: str) -> list[Indication]:
        return self._by_concept.get(concept, [])

    def named(self, text: str) -> list[Product]:
        """The products that these words name best: all that share the most; none for generic words alone."""
        tokens = [t.sound for t in spoken(text).tokens]
        words = set(tokens) | {a + b for a, b in zip(tokens, tokens[1:], strict=False)}  # "para cetamol"
        words |= {w[:-1] for w in words if w.endswith("s") and len(w) > 4}
        score: dict[str, int] = {}
        for word in words:
            for product, names in self._by_word.get(word, ()):
                score[product.sku] = max(score.get(product.sku, 0), 1 + len(names & words))
        if not score:
            return []
        best = max(score.values())
        named = [self.catalogue.products[sku] for sku, value in score.items() if value == best]
        return [product for product in named if not _other_form(product, words)]


def _other_form(product: Product, words: set[str]) -> bool:
    """Whether a form is said, and it is not this product's: "cetoprofeno injetável" is not the gel."""
    said = [written for form, written in FORMS.items() if form in words]
    own = spoken(product.form).sounds + spoken(product.name).sounds
    return bool(said) and not any(word in own for written in said for word in written)


def _widest(scan: Scan) -> list[Mention]:
    """Symptoms named, leaving out those inside a wider one: "medir febre" is not fever."""
    symptoms = [m for m in scan.mentions if m.concept.kind is Kind.SYMPTOM]
    return [
        m
        for m in symptoms
        if not any(
            o is not m and o.first <= m.first and m.last <= o.last and (o.last - o.first) > (m.last - m.first)
            for o in symptoms
        )
    ]
