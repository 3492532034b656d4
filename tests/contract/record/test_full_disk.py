"""A volume that takes no more bytes: commits are refused clearly, and go on by themselves once it does again.

The limit is the process's own file-size limit, which needs no root: writes fail half-way as they do on a full disk.
"""

import subprocess
import sys
from pathlib import Path

COMMITS = """
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

REMOVAL = """
import resource, sys, time
from pathlib import Path
from pipeline.ids import new_id
from pipeline.record.errors import DataFolderError, RemovalUnfinished
from pipeline.record.service import RecordService
from tests.contract.record.conftest import SETTINGS
from tests.unit.record.conftest import SECRET, batch, conversation, days_ago, holding

folder = Path(sys.argv[1])
published = folder / "registro.duckdb"
opted_in = SETTINGS.model_copy(update={"publish_texts": True, "removal_retry_s": 0.1})
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

service = RecordService(opted_in, folder, published)
service.commit(batch("o1", 1, days_ago(2, text_only := new_id())))
service.commit(batch("o2", 1, days_ago(40)))
service.close()
(folder / "gravador" / "por-terminar").touch()
assert published in holding(folder, SECRET.encode())

room(0)
try:
    RecordService(opted_in, folder, published)
    raise SystemExit("a recorder started where not a byte can be written")
except DataFolderError as error:
    assert "free space" in str(error), error
room(600_000)  # the log takes some rows more; a file written anew does not fit
try:
    RecordService(opted_in, folder, published, serving=False)
    raise SystemExit("a command took for finished what is not")
except RemovalUnfinished as error:
    assert "free space" in str(error), error
taken_back = opted_in.model_copy(update={"publish_texts": False})
service = RecordService(taken_back, folder, published)
assert not list((folder / "gravador").glob("*.novo*")), "what did not fit keeps the disk full"
room(hard)
deadline = time.monotonic() + 60
while (folder / "gravador" / "por-terminar").exists() and time.monotonic() < deadline:
    time.sleep(0.05)  # the recorder's own thread tries again, and tells nobody
sent = batch("o3", 1, conversation(new_id()))
assert service.commit(sent) == sent.last_seq
assert service.texts_of(text_only)
print(holding(folder, SECRET.encode()))
service.close()
"""


def run(script: str, folder: Path) -> str:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_commits_are_refused_and_go_on_when_there_is_room_again(tmp_path: Path) -> None:
    assert run(COMMITS, tmp_path) == "[(6, 6)]"


def test_a_start_waits_for_no_room_and_finishes_what_was_to_be_removed_once_there_is(tmp_path: Path) -> None:
    assert run(REMOVAL, tmp_path) == "[]"
