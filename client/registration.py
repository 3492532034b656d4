"""Clients and counters over HTTP (`/cadastro`)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from client.errors import ClientError, RegistrationRefused


def http_url(server: str) -> str:
    """`ws://host:8765/ws`, `http://host:8765` or `host:8765` as the HTTP address of the same server."""
    parts = urlsplit(server if "://" in server else f"http://{server}")
    if not parts.hostname:
        raise ClientError(f"{server} is not an address; write it as http://HOST:8765")
    return f"{'https' if parts.scheme in ('wss', 'https') else 'http'}://{parts.netloc}"


def socket_url(server: str) -> str:
    """The same as the address of the counters' WebSocket."""
    return "ws" + http_url(server).removeprefix("http") + "/ws"


class Registration:
    """Makes and revokes. Outside the sandbox the server wants its admin token."""

    def __init__(self, server: str, *, admin_token: str | None = None, timeout_s: float = 10.0) -> None:
        self._http = httpx.Client(
            base_url=http_url(server),
            timeout=timeout_s,
            headers={"Authorization": f"Bearer {admin_token}"} if admin_token else {},
            trust_env=False,
        )

    def __enter__(self) -> "Registration":
        return self

    def __exit__(self, *exception: object) -> None:
        self._http.close()

    def client(self, *, email: str, razao_social: str, telefone: str) -> str:
        """The new client's six-digit `codigo`. Raises RegistrationRefused."""
        answer = self._ask(
            "POST", "/cadastro/cliente", {"email": email, "razao_social": razao_social, "telefone": telefone}
        )
        return str(answer["codigo"])

    def counter(self, *, nome_balcao: str, user_codigo: str) -> tuple[str, str]:
        """(`balcao_id`, `api_key`); the key is shown this once. Raises RegistrationRefused."""
        answer = self._ask("POST", "/cadastro/balcao", {"nome_balcao": nome_balcao, "user_codigo": user_codigo})
        return str(answer["balcao_id"]), str(answer["api_key"])

    def notice(self, balcao_id: str, *, shown: bool) -> None:
        """Say whether customers at the counter can read the privacy notice. Raises RegistrationRefused."""
        self._ask("PUT", f"/cadastro/balcao/{balcao_id}/aviso", {"exibido": shown})

    def revoke(self, balcao_id: str) -> None:
        """Raises RegistrationRefused when there is no such counter."""
        self._ask("DELETE", f"/cadastro/balcao/{balcao_id}", None)

    def _ask(self, method: str, path: str, body: Mapping[str, str | bool] | None) -> dict[str, Any]:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RegistrationRefused(f"no answer from {self._http.base_url}: {error}") from None
        if response.is_success:
            return response.json() if response.content else {}
        raise RegistrationRefused(f"{response.status_code}: {_reason(response)}")


def _reason(response: httpx.Response) -> str:
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.text[:200] or response.reason_phrase
    if isinstance(detail, list):  # FastAPI's field errors
        return "; ".join(f"{error['loc'][-1]}: {error['msg']}" for error in detail)
    return str(detail)
