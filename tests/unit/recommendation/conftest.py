from pathlib import Path

import pytest

from configs.recommendation import RecommendationSettings
from pipeline.recommendation.catalogue import Catalogue, load_catalogue
from pipeline.recommendation.rulebook import Rulebook, load_rulebook
from pipeline.recommendation.shelf import Shelf

SETTINGS = RecommendationSettings()
CASES = SETTINGS.rules.parent / "casos"
KIT = Path(__file__).parents[4] / "shared" / "recommendation-eval"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(SETTINGS.catalogue)


@pytest.fixture(scope="session")
def book(catalogue: Catalogue) -> Rulebook:
    return load_rulebook(SETTINGS.rules, catalogue.prescription_names())


@pytest.fixture(scope="session")
def shelf(catalogue: Catalogue, book: Rulebook) -> Shelf:
    return Shelf(catalogue, book.lexicon)
