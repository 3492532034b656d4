from hypothesis import given
from hypothesis import strategies as st

from pipeline.transcription.keyterms import usable


def test_what_a_provider_would_refuse_is_left_out() -> None:
    terms = ["Dorflex", "x" * 60, "um dois três quatro cinco seis", "a[b]", "", "Dorflex", " Sal  de Fruta "]
    assert usable(terms, most=10, longest_chars=49) == ("Dorflex", "Sal de Fruta")


@given(st.lists(st.text(max_size=60), max_size=30), st.integers(0, 20))
def test_limits_hold_for_anything(terms: list[str], most: int) -> None:
    kept = usable(terms, most=most, longest_chars=20)
    assert len(kept) <= most
    assert all(0 < len(term) <= 20 and len(term.split()) <= 5 and not set(term) & set("<>{}[]\\`") for term in kept)
