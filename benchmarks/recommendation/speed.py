"""How long a search over 30,000 items takes, and a judgement of a conversation.

    python benchmarks/recommendation/speed.py [items]

CPU time, so that other work on the machine does not show. The catalogue is synthetic: names
drawn from syllables, so that words are as many and as unlike as a real one's.
"""

import random
import sys
from collections.abc import Callable
from time import thread_time

import yaml

from configs.recommendation import RecommendationSettings
from pipeline.recommendation.catalogue import Catalogue, Product, load_catalogue
from pipeline.recommendation.facts import gather
from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import load_rulebook
from pipeline.recommendation.rules import refer
from pipeline.recommendation.search import SearchIndex
from pipeline.recommendation.shelf import Shelf

SYLLABLES = (
    "ba be bo ca co da de di do fa fe fi ga la li lo ma me mi mo na ne ni no pa pe pi po ra ri "
    "ro sa si ta te ti to va ve xa zo"
)
FORMS = ("comprimido", "xarope", "gotas", "creme", "pomada", "cápsula", "spray")


def synthetic(items: int, seed: int = 7) -> Catalogue:
    chance = random.Random(seed)
    syllables = SYLLABLES.split()
    words = ["".join(chance.choices(syllables, k=chance.randint(3, 5))) for _ in range(items // 6)]
    products = {}
    for number in range(items):
        brand, ingredient = chance.choice(words), chance.choice(words)
        name = f"{brand} {ingredient} {chance.choice((5, 10, 50, 500))} mg {chance.choice(FORMS)}"
        products[str(number)] = Product(
            str(number), name, (ingredient,), "x", "comprimido", ("dor de cabeça",), frozenset(), True, ()
        )
    return Catalogue("synthetic", products)


def timed(name: str, work: list[Callable[[], object]]) -> None:
    taken = []
    for one in work:
        began = thread_time()
        one()
        taken.append((thread_time() - began) * 1000)
    taken.sort()
    print(f"{name:<44} p50 {taken[len(taken) // 2]:7.3f} ms   p99 {taken[int(len(taken) * 0.99) - 1]:7.3f} ms")


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    catalogue = synthetic(items)
    index = SearchIndex(catalogue)
    chance = random.Random(11)
    names = [catalogue.products[str(chance.randrange(items))].name.split()[0] for _ in range(1000)]
    timed(f"search, a word as written, {items} items", [lambda n=n: index.search(n) for n in names])
    misheard = [n[:2] + chance.choice("aeiou") + n[3:] for n in names]
    timed(f"search, a letter misheard, {items} items", [lambda n=n: index.search(n) for n in misheard])

    settings = RecommendationSettings()
    starter = load_catalogue(settings.catalogue)
    book = load_rulebook(settings.rules, starter.prescription_names())
    shelf = Shelf(starter, book.lexicon)
    cases = [
        c["falas"] for f in (settings.rules.parent / "casos").glob("*.yaml") for c in yaml.safe_load(f.read_text())
    ]
    timed("a new utterance read", [lambda t=t: book.lexicon.scan(t) for texts in cases for t in texts])
    facts = [gather(texts, book) for texts in cases]
    timed("rules evaluated over what is established", [lambda f=f: refer(f, book, False) for f in facts])
    timed("a conversation judged, its words read before", [lambda t=t: judge(t, book, shelf) for t in cases])


if __name__ == "__main__":
    main()
