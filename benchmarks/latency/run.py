"""From the last word to the card, end to end: the graph of `serve_config.yaml`, real sockets, emulated providers.

`make bench-latency` starts the graph and the emulators (250 ms to a text, 500 ms to an answer by default), streams the
recorded dialogues from several counters at a microphone's pace, and reads what the record says of every card shown:
with batch transcription, with realtime, and with each when it asks ahead at a likely end (`speculate`). Beside it is
what the calls cost. Writes `benchmarks/results/latency.jsonl`, one figure per line.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import yaml

from benchmarks.latency.counters import STAGGER_S, play, registered
from benchmarks.latency.providers import emulated_providers
from benchmarks.scale.graph import ROOT, Graph
from sandbox.recordings import Dialogue, load_dialogues

RESULTS = ROOT / "benchmarks" / "results" / "latency.jsonl"
# Mode -> the arguments of the graph that make it.
MODES: dict[str, dict[str, dict[str, object]]] = {
    "batch": {"transcription": {"mode": "batch"}},
    "realtime": {"transcription": {"mode": "realtime"}},
    "speculative": {"transcription": {"mode": "batch"}, "ingress": {"conversation": {"speculate": True}}},
    "realtime_speculative": {
        "transcription": {"mode": "realtime"},
        "ingress": {"conversation": {"speculate": True}},
    },
}
PUBLISHED_WITHIN_S = 20.0

# Column of analise.interacoes -> figure.
PARTS = {
    "total_ms": "last_word_to_card",
    "silencio_ms": "closing_silence",
    "portao_ms": "gate_tick",
    "transcricao_ms": "transcription",
    "espera_ms": "ask_wait",
    "recomendacao_ms": "recommendation",
    "registro_ms": "record",
    "envio_ms": "write",
    "proprio_ms": "own",
}


def main() -> None:
    given = _arguments()
    lines = [line for mode in given.modes for line in _measured(mode, given)]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    print(f"written to {RESULTS.relative_to(ROOT)}")


def _measured(mode: str, given: argparse.Namespace) -> list[dict[str, object]]:
    """One start of the graph; its figures, printed too."""
    config = yaml.safe_load((ROOT / "serve_config.yaml").read_text(encoding="utf-8"))
    arguments = config["applications"][0]["args"]
    for stage, changes in MODES[mode].items():
        arguments[stage] = arguments.get(stage, {}) | changes
    with (
        tempfile.TemporaryDirectory(prefix="balto-latency-") as folder,
        emulated_providers(speech_ms=given.speech_ms, chat_ms=given.chat_ms) as environment,
        Graph(config, Path(folder), environment) as graph,
    ):
        cards = asyncio.run(_stream(graph.url, given.counters, given.rounds))
        published = Path(folder) / "dados" / "registro.duckdb"
        rows, costs = _recorded(published, cards), _costs(published)
    if not rows:
        raise SystemExit("no card was recorded: nothing to report")
    setting = {"counters": given.counters, "speech_ms": given.speech_ms, "chat_ms": given.chat_ms, "cards": len(rows)}
    figures = [*_figures(rows), *costs]
    lines = [{"figure": name, "mode": mode, "value": value} | setting for name, value in figures]
    print(f"{mode}: {len(rows)} cards recorded, {cards} seen")
    for line in lines:
        print(f"  {line['figure']:32} {line['value']:.4g}")
    return lines


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency.run", description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--counters", type=int, default=6, help="counters at a time")
    parser.add_argument("--rounds", type=int, default=4, help="dialogues each counter plays")
    parser.add_argument("--speech-ms", type=float, default=250.0, help="emulated transcription, either mode")
    parser.add_argument("--chat-ms", type=float, default=500.0, help="emulated model")
    return parser.parse_args()


async def _stream(url: str, counters: int, rounds: int) -> int:
    """Play the dialogues that end in a product; how many cards the counters saw."""
    dialogues = [dialogue for dialogue in load_dialogues() if dialogue.expects == "recomendar"]
    keys = registered(url, counters)
    seen = await asyncio.gather(*(_counter(url, key, n, rounds, dialogues) for n, key in enumerate(keys)))
    return sum(seen)


async def _counter(url: str, key: str, number: int, rounds: int, dialogues: Sequence[Dialogue]) -> int:
    await asyncio.sleep(number * STAGGER_S)
    cards = 0
    for turn in range(rounds):  # a session each: nothing is suggested twice in one conversation
        cards += (await play(url, key, dialogues[(number + turn) % len(dialogues)])).cards
    return cards


def _recorded(published: Path, cards: int) -> list[dict[str, float | None]]:
    """The breakdown of every card, from the published record, as an analyst reads it."""
    columns = ", ".join(PARTS)
    deadline_s = time.monotonic() + PUBLISHED_WITHIN_S
    while True:
        try:
            with duckdb.connect(str(published), read_only=True) as database:
                found = database.execute(f"SELECT {columns} FROM analise.interacoes WHERE exibida_em IS NOT NULL")
                rows = [dict(zip(PARTS, row, strict=True)) for row in found.fetchall()]
        except duckdb.IOException:  # not published yet, or replaced at this moment
            rows = []
        if len(rows) >= cards or time.monotonic() > deadline_s:
            return rows
        time.sleep(0.5)  # a file cannot be waited for


def _costs(published: Path) -> list[tuple[str, float]]:
    """(figure, USD at list prices) by kind of provider, and what of it was asked ahead and thrown away."""
    with duckdb.connect(str(published), read_only=True) as database:
        found = database.execute("""
            SELECT coalesce(sum(custo_usd) FILTER (tipo = 'stt'), 0), coalesce(sum(custo_usd) FILTER (tipo = 'llm'), 0),
                   coalesce(sum(custo_usd) FILTER (segmento_id IS NULL AND interacao_id IS NULL), 0)
            FROM fatos.chamadas""").fetchall()[0]
    return list(zip(("speech_usd", "model_usd", "thrown_away_usd"), (round(usd, 6) for usd in found), strict=True))


def _figures(rows: Sequence[dict[str, float | None]]) -> Iterator[tuple[str, float]]:
    """(figure, seconds) of every part that happened."""
    for column, name in PARTS.items():
        values = sorted(value / 1000 for row in rows if (value := row[column]) is not None)
        if values:
            yield f"{name}_p50_s", round(statistics.median(values), 4)
            yield f"{name}_p95_s", round(values[min(len(values) - 1, round(0.95 * len(values)))], 4)


if __name__ == "__main__":
    main()
