"""Catalogue names as key terms, kept within what a provider takes."""

from collections.abc import Sequence

FORBIDDEN = frozenset("<>{}[]\\`")


def usable(terms: Sequence[str], *, most: int, longest_chars: int, most_words: int = 5) -> tuple[str, ...]:
    """The first `most` distinct terms that the provider would accept; the others are left out, not mended."""
    fitting = (
        " ".join(term.split()) for term in terms if not FORBIDDEN.intersection(term) and len(term.split()) <= most_words
    )
    return tuple(dict.fromkeys(term for term in fitting if 0 < len(term) <= longest_chars))[:most]
