"""Who answers for a client: an e-mail address and a telephone, sealed under the master key wherever they are written.

Nobody needs them for a counter to work, so nothing here opens them but what an operator asks for.
"""

import base64
import json
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.record.cipher import seal, unseal


@dataclass(frozen=True, slots=True)
class Contact:
    email: str
    telefone: str


class ContactSeal:
    """Seals and opens contacts. Thread-safe."""

    def __init__(self, master: AESGCM) -> None:
        self._master = master

    def close(self, cliente_codigo: str, contact: Contact) -> str:
        """Sealed, in base64: it goes into lines of text too."""
        plain = json.dumps(asdict(contact)).encode()
        return base64.b64encode(seal(self._master, plain, _about(cliente_codigo))).decode()

    def open(self, cliente_codigo: str, sealed: str) -> Contact | None:
        """None when it was erased, or sealed under another master key."""
        try:
            plain = unseal(self._master, base64.b64decode(sealed), _about(cliente_codigo))
        except (InvalidTag, ValueError):
            return None
        return Contact(**json.loads(plain))


def _about(cliente_codigo: str) -> str:
    return f"cliente:{cliente_codigo}"
