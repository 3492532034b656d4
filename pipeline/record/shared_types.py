"""Columns in types that every reader of Arrow and every CSV knows."""

import re
from typing import cast

import duckdb

# Arrow has them as extensions, or not at all; inside lists and structs too.
_OWN = re.compile(r"\b(UUID|INTERVAL|BIT|HUGEINT|UHUGEINT|BIGNUM|VARIANT|TIME WITH TIME ZONE)\b")


def in_shared_types(result: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The same rows, with DuckDB's own types as text."""
    own = [_OWN.search(str(kind)) is not None for kind in result.types]
    if not any(own):
        return result
    places = [f"c{place}" for place in range(len(own))]  # two columns may have one name
    shown = [
        f"{place}{'::VARCHAR' if is_own else ''} AS {quoted(name)}"
        for place, is_own, name in zip(places, own, result.columns, strict=True)
    ]
    sql = f"SELECT {', '.join(shown)} FROM resultado AS r({', '.join(places)})"
    return cast(duckdb.DuckDBPyRelation, result.query("resultado", sql))


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
