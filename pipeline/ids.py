"""Identifiers: UUIDv7 text, so that rows sort by the time they were made."""

import uuid_utils


def new_id() -> str:
    return str(uuid_utils.uuid7())
