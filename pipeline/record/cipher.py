"""One key per session, wrapped by a master key: forgetting a session's key erases its texts wherever they are."""

import os
from collections import OrderedDict
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.record.errors import DataFolderError
from pipeline.record.rows import Row
from pipeline.record.segment import sync_folder

_NONCE_BYTES = 12
_KEY_BYTES = 32
_CACHED_SESSIONS = 20_000


def load_master_key(path: Path) -> AESGCM:
    """The key in `path`, made on first use. Raises DataFolderError for a file that is not 32 bytes."""
    if not path.exists():
        _make_key(path)
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise DataFolderError(f"the master key in {path} must be {_KEY_BYTES} bytes, it has {len(key)}; restore it")
    return AESGCM(key)


def _make_key(path: Path) -> None:
    """Under its name only when it is whole and on the disk: a crash on the way leaves no key, not half of one."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    fd = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(AESGCM.generate_key(bit_length=_KEY_BYTES * 8))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):  # another recorder's, if they share it: that one it is
        os.link(temporary, path)
    temporary.unlink()
    sync_folder(path.parent)


def seal(key: AESGCM, plain: bytes, about: str) -> bytes:
    """`about` is not kept with it: who opens it must know what it is about, so that none passes for another."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, about.encode())


def unseal(key: AESGCM, sealed: bytes, about: str) -> bytes:
    """Raises InvalidTag when it was sealed under another key, or about something else."""
    return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about.encode())


class SessionKeys:
    """Session keys in use. Used by the writer's thread only."""

    def __init__(self, master: AESGCM) -> None:
        self._master = master
        self._keys: OrderedDict[str, AESGCM] = OrderedDict()

    def knows(self, session_id: str) -> bool:
        return session_id in self._keys

    def create(self, session_id: str, at: datetime) -> Row:
        """A new key, and its row for `chaves`."""
        key = AESGCM.generate_key(bit_length=_KEY_BYTES * 8)
        self._keep(session_id, AESGCM(key))
        return {"sessao_id": session_id, "em": at, "cifrada": seal(self._master, key, session_id)}

    def unwrap(self, session_id: str, wrapped: bytes) -> bool:
        """Take up a stored key; False when it does not belong to this master key."""
        try:
            self._keep(session_id, AESGCM(unseal(self._master, wrapped, session_id)))
        except InvalidTag:
            return False
        return True

    def _keep(self, session_id: str, key: AESGCM) -> None:
        self._keys[session_id] = key
        while len(self._keys) > _CACHED_SESSIONS:
            self._keys.popitem(last=False)

    def forget(self, session_id: str) -> None:
        self._keys.pop(session_id, None)

    def encrypt(self, text: Row) -> bytes:
        """One of `private_rows.private_texts`. The session's key must be known."""
        return seal(self._keys[text["sessao_id"]], text["texto"].encode(), f"{text['dono']}:{text['dono_id']}")

    def decrypt(self, session_id: str, owner: str, owner_id: str, sealed: bytes) -> str | None:
        """None when it was sealed with another key. Raises KeyError when the session's key was erased."""
        try:
            return unseal(self._keys[session_id], sealed, f"{owner}:{owner_id}").decode()
        except InvalidTag:
            return None
