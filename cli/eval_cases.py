"""`balto cases`: recorded sessions as cases for `balto eval`, to be reviewed by a person."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.eval_settings import read_settings
from cli.output import CommandError, out
from configs.environment import Environment

if TYPE_CHECKING:
    import duckdb

    from pipeline.recommendation.evaluation_cases import RecordedAnswer
    from pipeline.record.service import RecordService

TURNS = """
    SELECT t.transcricao_id::VARCHAR, t.conversa_id, s.amostra_inicial
    FROM fatos.transcricoes t JOIN fatos.segmentos s USING (segmento_id)
    WHERE t.sessao_id = ? AND t.falha IS NULL ORDER BY s.amostra_inicial
"""
ANSWERS = """
    SELECT i.conversa_id, i.situacao, i.motivo,
           list_distinct(list(s.sku) FILTER (s.sku IS NOT NULL)),
           list_distinct(list(d.resultado) FILTER (d.resultado IS NOT NULL))
    FROM fatos.interacoes i
    LEFT JOIN fatos.sugestoes s USING (interacao_id) LEFT JOIN fatos.desfechos d USING (interacao_id)
    WHERE i.sessao_id = ? GROUP BY i.interacao_id, i.conversa_id, i.situacao, i.motivo, i.em ORDER BY i.em
"""


def cases(
    session: Annotated[list[str], typer.Argument(metavar="SESSION…", help="sessions' ids (sessao_id)")],
    to: Annotated[Path, typer.Option("--out", help="the file of cases to write (YAML)")] = Path("casos.yaml"),
    data_dir: Annotated[Path | None, typer.Option(help="data folder; default: BALTO_DATA_DIR, or dados")] = None,
    config: Annotated[Path | None, typer.Option(help="settings of the record; default: serve_config.yaml")] = None,
) -> None:
    """Write recorded sessions as cases for `balto eval`: redacted texts, and what was answered as the expectation.

    Texts are decrypted with the data folder's master key. Balto must not be running on that folder.
    """
    from pipeline.recommendation.evaluation_cases import as_yaml

    if to.exists():
        raise CommandError(f"{to} is there already, perhaps reviewed; name another file with --out")
    ids = [_uuid(text) for text in session]
    found = _read(ids, data_dir, config)
    if not found:
        raise CommandError("these sessions have no text: none was said, or it was erased or is past its retention")
    try:
        to.write_text(as_yaml(found), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{to} cannot be written ({error.strerror}); name another file with --out") from None
    out.print(
        f"[good]{to}[/good]: {len(found)} cases; what is expected is what was answered: review each", soft_wrap=True
    )


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise CommandError(f"{text} is not a session's id; `balto query` shows them as sessao_id") from None


def _read(ids: Sequence[str], data_dir: Path | None, config: Path | None) -> list[dict[str, Any]]:
    from pipeline.record.errors import RecorderBusy, RecordError
    from pipeline.record.places import Places
    from pipeline.record.service import RecordService

    environment = Environment()
    folder = data_dir or environment.data_dir
    if not Places(folder).private.is_dir():
        raise CommandError(f"{folder} is not a Balto data folder; name it with --data-dir or BALTO_DATA_DIR")
    settings = read_settings(config, []).record.model_copy(update={"lock_wait_s": 0})
    try:
        service = RecordService(settings, folder, environment.db_file or folder / "registro.duckdb", serving=False)
    except RecorderBusy:
        raise CommandError(f"Balto is running on {folder} and holds its texts; stop it first") from None
    except RecordError as error:
        raise CommandError(str(error)) from None
    try:
        return [case for session_id in ids for case in _cases_of(service, session_id)]
    finally:
        service.close()


def _cases_of(service: "RecordService", session_id: str) -> list[dict[str, Any]]:
    from pipeline.audio import seconds
    from pipeline.recommendation.evaluation_cases import RecordedTurn, cases_of

    texts = {own_id: text for owner, own_id, text in service.texts_of(session_id) if owner == "transcricao"}
    rows, answers = service.run_on_writer(lambda con: _facts(con, session_id))
    turns = [
        RecordedTurn(conversation or "", seconds(sample), texts[own_id])
        for own_id, conversation, sample in rows
        if own_id in texts
    ]
    return cases_of(session_id, turns, answers)


def _facts(
    con: "duckdb.DuckDBPyConnection", session_id: str
) -> tuple[list[tuple[str, str | None, int]], list["RecordedAnswer"]]:
    from pipeline.recommendation.evaluation_cases import RecordedAnswer

    answers = [
        RecordedAnswer(conversation or "", outcome, reason, tuple(skus or ()), tuple(feedback or ()))
        for conversation, outcome, reason, skus, feedback in con.execute(ANSWERS, [session_id]).fetchall()
    ]
    return con.execute(TURNS, [session_id]).fetchall(), answers
