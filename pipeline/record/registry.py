"""The registry (`cadastro`): who may connect. Kept in the private file, keys hashed, answers from memory.

Every change is committed before it is answered, and appended to a log that rebuilds the registry if the private
file is ever damaged.
"""

import hashlib
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.events import ClientRegistered, CounterRegistered, CounterRevoked
from pipeline.ids import new_id
from pipeline.record.contacts import Contact
from pipeline.stages import Counter, RegistryError

RegistryEvent = ClientRegistered | CounterRegistered | CounterRevoked

KEY_PREFIX = "balto_"
_KEY_BYTES = 32
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class RegisteredCounter:
    counter: Counter
    key_sha256: str


def hash_key(api_key: str) -> str:
    """What is stored of a key. Keys are 256 random bits, so one round of SHA-256 cannot be guessed back."""
    return hashlib.sha256(api_key.encode()).hexdigest()


class Registry:
    """Thread-safe. `commit` makes an event durable (facts and private file) and returns when it is.

    `seal_contact` seals a client's contact, which is written nowhere in the clear.
    """

    def __init__(self, commit: Callable[[RegistryEvent], None], seal_contact: Callable[[str, Contact], str]) -> None:
        self._commit = commit
        self._seal_contact = seal_contact
        self._guard = threading.Lock()
        self._clients: set[str] = set()
        self._by_key: dict[str, RegisteredCounter] = {}
        self._by_id: dict[str, RegisteredCounter] = {}

    def load(self, event: RegistryEvent) -> None:
        """Take up what was registered before."""
        match event:
            case ClientRegistered():
                self._clients.add(event.cliente_codigo)
            case CounterRegistered():
                counter = Counter(event.balcao_id, event.cliente_codigo, event.nome_balcao)
                known = RegisteredCounter(counter, event.key_sha256)
                self._by_key[event.key_sha256] = self._by_id[event.balcao_id] = known
            case CounterRevoked():
                gone = self._by_id.pop(event.balcao_id, None)
                if gone is not None:
                    del self._by_key[gone.key_sha256]

    def authenticate(self, api_key: str) -> Counter | None:
        found = self._by_key.get(hash_key(api_key))
        return None if found is None else found.counter

    def counters(self) -> list[Counter]:
        """Those that may connect."""
        return [known.counter for known in list(self._by_id.values())]

    def register_client(self, *, email: str, razao_social: str, telefone: str) -> str:
        """The new client's six-digit `codigo`. Raises RegistryError for input that cannot be right."""
        if not _EMAIL.fullmatch(email.strip()):
            raise RegistryError("email: informe um endereço como nome@empresa.com.br")
        if sum(character.isdigit() for character in telefone) < 8:
            raise RegistryError("telefone: informe o número com DDD")
        razao_social = _required("razao_social", razao_social)
        with self._guard:
            codigo = self._free_code()
            contact = self._seal_contact(codigo, Contact(email.strip(), telefone.strip()))
            event = ClientRegistered(cliente_codigo=codigo, razao_social=razao_social, contact=contact)
            self._commit(event)
            self.load(event)
        return codigo

    def _free_code(self) -> str:
        if len(self._clients) > 800_000:
            raise RegistryError("não há mais códigos de cliente livres")
        while (codigo := f"{secrets.randbelow(900_000) + 100_000}") in self._clients:
            pass
        return codigo

    def register_counter(self, *, nome_balcao: str, cliente_codigo: str) -> tuple[str, str]:
        """(`balcao_id`, `api_key`); the key is valid at once and is not kept. Raises RegistryError."""
        nome_balcao = _required("nome_balcao", nome_balcao)
        api_key = KEY_PREFIX + secrets.token_urlsafe(_KEY_BYTES)
        with self._guard:
            if cliente_codigo not in self._clients:
                raise RegistryError(f"cliente {cliente_codigo!r:.40} não existe; cadastre-o em POST /cadastro/cliente")
            event = CounterRegistered(
                balcao_id=new_id(),
                cliente_codigo=cliente_codigo,
                nome_balcao=nome_balcao,
                key_sha256=hash_key(api_key),
            )
            self._commit(event)
            self.load(event)
        return event.balcao_id, api_key

    def revoke_counter(self, balcao_id: str) -> bool:
        """False when there is no such counter."""
        with self._guard:
            if balcao_id not in self._by_id:
                return False
            event = CounterRevoked(balcao_id=balcao_id)
            self._commit(event)
            self.load(event)
        return True


def _required(name: str, text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        raise RegistryError(f"{name}: informe de 1 a {_LONGEST} caracteres")
    return text
