"""A volume that takes no more bytes: commits are refused clearly, and go on by themselves once it does again.

The limit is the process's own file-size limit, which needs no root: writes fail half-way as they do on a full disk.
"""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import resource, sys
from pathlib import Path
import duckdb
from pipeline.ids import new_id
from pipeline.record.errors import CommitFailed
from pipeline.record.service import RecordService
from tests.contract.record.conftest import SETTINGS
from tests.unit.record.conftest import batch, conversation

folder = Path(sys.argv[1])
service = RecordService(SETTINGS, folder, folder / "registro.duckdb")
seq = 1

def send():
    global seq
    sent = batch("o1", seq, conversation(new_id()))
    assert service.commit(sent) == sent.last_seq
    seq = sent.last_seq + 1

for _ in range(3):
    send()
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ((folder / "gravador/quente.duckdb.wal").stat().st_size + 500, hard))
for _ in range(3):
    try:
        send()
        raise SystemExit("a commit went through on a full disk")
    except CommitFailed as error:
        assert "sent again" in str(error), error
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
for _ in range(3):
    send()
service.close()
with duckdb.connect(str(folder / "registro.duckdb"), read_only=True) as con:
    print(con.execute("SELECT count(*), count(DISTINCT interacao_id) FROM fatos.interacoes").fetchall())
"""


def test_commits_are_refused_and_go_on_when_there_is_room_again(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "[(6, 6)]"
