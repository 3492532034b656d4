"""HTTP beside the counters' socket: registration, health, readiness."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from fastapi import Depends, FastAPI, HTTPException, WebSocket
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from configs.environment import Environment
from deployments.access import bearer
from deployments.desk import Desk
from pipeline.stages import Registry, RegistryError

READY_TIMEOUT_S = 2.0
Checks = Mapping[str, Callable[[], Awaitable[object]]]  # stage -> raises, or answers false, when it is not ready


class NewClient(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    email: str = Field(min_length=3, max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")
    razao_social: str = Field(min_length=1, max_length=200)
    telefone: str = Field(min_length=8, max_length=32, pattern=r"^[\d\s()+.-]+$")


class Notice(BaseModel):
    """Whether customers at the counter can read that it listens (LGPD)."""

    exibido: bool


class NewCounter(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    nome_balcao: str = Field(min_length=1, max_length=120)
    user_codigo: str = Field(pattern=r"^\d{6}$")


def add_routes(app: FastAPI, desk: Desk, registry: Registry, checks: Checks, environment: Environment) -> None:
    app.add_api_websocket_route("/ws", _counter(desk))
    _add_health(app, desk, checks)
    _add_registration(app, registry, environment)


def _counter(desk: Desk) -> Callable[[WebSocket], Awaitable[None]]:
    async def counter(websocket: WebSocket) -> None:
        await desk.serve(websocket)

    return counter


def _add_health(app: FastAPI, desk: Desk, checks: Checks) -> None:
    @app.get("/saude")
    async def alive() -> dict[str, bool]:
        return {"vivo": True}

    @app.get("/pronto")
    async def ready() -> JSONResponse:
        missing = await _missing(checks) if desk.admission.open else ["drenando"]
        return JSONResponse({"pronto": not missing, "falta": missing}, 503 if missing else 200)


async def _missing(checks: Checks) -> list[str]:
    """The stages that are not ready, each asked at the same time."""
    answers = await asyncio.gather(*(_is_ready(check) for check in checks.values()))
    return [stage for stage, ready in zip(checks, answers, strict=True) if not ready]


async def _is_ready(check: Callable[[], Awaitable[object]]) -> bool:
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            return bool(await check())
    except Exception:  # another process: whatever it was, the stage is not ready
        return False


def _add_registration(app: FastAPI, registry: Registry, environment: Environment) -> None:
    admin = Depends(bearer(environment.profile, environment.admin_token, "BALTO_ADMIN_TOKEN"))

    @app.post("/cadastro/cliente", status_code=201, dependencies=[admin])
    async def register_client(client: NewClient) -> dict[str, str]:
        with _refused(422):
            codigo = await registry.register_client(
                email=client.email, razao_social=client.razao_social, telefone=client.telefone
            )
        return {"codigo": codigo}

    @app.post("/cadastro/balcao", status_code=201, dependencies=[admin])
    async def register_counter(counter: NewCounter) -> dict[str, str]:
        with _refused(404):
            balcao_id, api_key = await registry.register_counter(
                nome_balcao=counter.nome_balcao, cliente_codigo=counter.user_codigo
            )
        return {"balcao_id": balcao_id, "api_key": api_key}

    @app.delete("/cadastro/balcao/{balcao_id}", status_code=204, dependencies=[admin])
    async def revoke_counter(balcao_id: str) -> None:
        if not await registry.revoke_counter(balcao_id):
            raise HTTPException(404, f"balcão {balcao_id} não existe ou já foi revogado")

    @app.put("/cadastro/balcao/{balcao_id}/aviso", status_code=204, dependencies=[admin])
    async def set_notice(balcao_id: str, notice: Notice) -> None:
        if not await registry.set_notice(balcao_id, shown=notice.exibido):
            raise HTTPException(404, f"balcão {balcao_id} não existe ou já foi revogado")


@contextmanager
def _refused(status: int) -> Iterator[None]:
    try:
        yield
    except RegistryError as error:
        raise HTTPException(status, str(error)) from None
