"""A published record in a temporary folder, made once."""

from pathlib import Path

import pytest

from configs.record import RecordSettings
from pipeline.ids import new_id
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

SETTINGS = RecordSettings(publish_every_s=3600, lock_wait_s=0)


@pytest.fixture(scope="session")
def published_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose recorder recorded three sessions and closed."""
    data_dir = tmp_path_factory.mktemp("publicado")
    service = RecordService(SETTINGS, data_dir, data_dir / "registro.duckdb")
    for number in range(3):
        service.commit(batch(f"o{number}", 1, conversation(new_id())))
    service.close()
    return data_dir
