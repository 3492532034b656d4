"""`POST /consulta`: an analyst's SQL against the published files, streamed back."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse

from configs.environment import Environment
from configs.record import RecordSettings
from deployments.access import bearer
from pipeline.record.errors import QueryError, QueryRefused, QueryTooLarge, QueryTooLong
from pipeline.record.places import Places
from pipeline.record.query import MEDIA_TYPES, QueryLimits, QueryRequest, run_query

_STATUS: dict[type[QueryError], int] = {QueryRefused: 400, QueryTooLong: 408, QueryTooLarge: 413}


def add_query_route(app: FastAPI, environment: Environment, settings: RecordSettings) -> None:
    places, limits = asyncio.Semaphore(settings.query_at_once), QueryLimits.of(settings)
    archive = Places(environment.data_dir).archive
    analyst = Depends(bearer(environment.profile, environment.analyst_key, "BALTO_ANALYST_KEY"))

    @app.post("/consulta", dependencies=[analyst])
    async def query(request: QueryRequest) -> StreamingResponse:
        if places.locked():
            raise HTTPException(503, "há consultas demais agora; tente de novo em alguns segundos")
        await places.acquire()
        chunks = run_query(environment.published_db, archive, request.sql, request.formato, limits)
        try:
            first = await anext(chunks, b"")
        except QueryError as error:
            places.release()
            raise HTTPException(_STATUS.get(type(error), 503), str(error)) from None
        except BaseException:
            places.release()
            raise
        return StreamingResponse(_rest(first, chunks, places), media_type=MEDIA_TYPES[request.formato])


async def _rest(first: bytes, chunks: AsyncGenerator[bytes, None], places: asyncio.Semaphore) -> AsyncIterator[bytes]:
    """A failure past the first chunk breaks the connection off: a cut result must not look whole."""
    try:
        yield first
        async for chunk in chunks:
            yield chunk
    finally:
        await chunks.aclose()  # an analyst who left needs no worker any more
        places.release()
