import pytest

from pipeline.recommendation.catalogue import Catalogue
from pipeline.recommendation.search import SearchIndex


@pytest.fixture(scope="module")
def index(catalogue: Catalogue) -> SearchIndex:
    return SearchIndex(catalogue)


@pytest.mark.parametrize(
    ("query", "sku"),
    [
        ("dipirona", "B003"),
        ("de pirona", "B003"),
        ("depirona", "B003"),
        ("para cetamol gotas", "B002"),
        ("loratadinas", "B009"),
        ("HEMORROIDA", "B025"),
        ("emorroida", "B025"),
        ("xampu de caspa", "B027"),
        ("protetor solar", "B031"),
        ("ibuprofenu", "B004"),
    ],
)
def test_finds_it_however_it_was_heard(index: SearchIndex, query: str, sku: str) -> None:
    assert sku in [hit.product.sku for hit in index.search(query, 3)]


def test_nothing_like_it(index: SearchIndex) -> None:
    assert index.search("parafuso sextavado") == []
    assert index.search("") == []
