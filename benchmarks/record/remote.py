"""The recorder in a process of its own, behind a Unix socket: deliveries cross a process as they do in the product."""

import argparse
import asyncio
import pickle
import struct
import subprocess
import sys
import time
from pathlib import Path

from configs.record import RecordSettings
from pipeline.record.batch import Batch
from pipeline.record.service import RecordService

_ROOT = Path(__file__).parents[2]
_SIZE = struct.Struct(">I")
_ANSWER = struct.Struct(">Id")  # acknowledged sequence, the recorder's CPU seconds so far


def start(folder: Path, settings: RecordSettings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", __name__, str(folder), settings.model_dump_json()]
    with (folder / "writer.log").open("ab") as log:
        return subprocess.Popen(command, cwd=_ROOT, stderr=log)


class Remote:
    """What a courier delivers to. Raises ConnectionError or OSError while the recorder is away."""

    def __init__(self, folder: Path) -> None:
        self.cpu_s = 0.0  # of the recorder, when it last answered
        self._address = folder / "socket"
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def deliver(self, batch: Batch) -> int:
        try:
            if self._connection is None:
                self._connection = await asyncio.open_unix_connection(self._address)
            reader, writer = self._connection
            data = pickle.dumps(batch)
            writer.write(_SIZE.pack(len(data)) + data)
            seq, self.cpu_s = _ANSWER.unpack(await reader.readexactly(_ANSWER.size))
        except BaseException:
            self.close()
            raise
        return int(seq)

    def close(self) -> None:
        if self._connection is not None:
            self._connection[1].close()
        self._connection = None


async def serve(folder: Path, settings: RecordSettings) -> None:
    """Answer deliveries until killed."""
    service = await asyncio.to_thread(RecordService, settings, folder, folder / "registro.duckdb")
    address = folder / "socket"
    address.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = _SIZE.unpack(await reader.readexactly(_SIZE.size))
                batch: Batch = pickle.loads(await reader.readexactly(size))
                seq = await asyncio.wrap_future(service.submit(batch))
                writer.write(_ANSWER.pack(seq, time.process_time()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_unix_server(answer, address) as server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("settings", help="JSON of RecordSettings")
    args = parser.parse_args()
    asyncio.run(serve(args.folder, RecordSettings.model_validate_json(args.settings)))


if __name__ == "__main__":
    main()
