"""The master key: made once, whole or not at all."""

import os
from pathlib import Path

import pytest

from pipeline.record.cipher import load_master_key
from pipeline.record.errors import DataFolderError

NONCE = b"0" * 12


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "chave-mestra"
    sealed = load_master_key(path).encrypt(NONCE, b"texto", None)
    assert load_master_key(path).decrypt(NONCE, sealed, None) == b"texto"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_crash_while_it_is_made_does_not_stop_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "chave-mestra"

    def killed(fd: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.record.cipher.os.fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            load_master_key(path)
    assert not path.exists()
    load_master_key(path)


def test_a_key_that_another_made_meanwhile_is_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "chave-mestra"
    real = os.fsync

    def slow(fd: int) -> None:
        real(fd)
        if not path.exists():
            path.write_bytes(b"k" * 32)

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.record.cipher.os.fsync", slow)
        load_master_key(path)
    assert path.read_bytes() == b"k" * 32
    assert list(tmp_path.iterdir()) == [path]


def test_half_a_key_is_refused_and_named(tmp_path: Path) -> None:
    path = tmp_path / "chave-mestra"
    path.write_bytes(b"half")
    with pytest.raises(DataFolderError, match="32 bytes, it has 4; restore it"):
        load_master_key(path)
