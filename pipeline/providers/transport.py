"""httpx → our errors: one request, its answer decoded, every way it can fail given a category."""

import email.utils
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from configs.providers import CallSettings
from pipeline.providers.classify import classify
from pipeline.providers.errors import AnswerUnreadable, CallLost, CallRefused, Category

KEEPALIVE_S = 60.0
SPARE_CONNECTIONS = 4
REQUEST_ID_HEADERS = ("request-id", "x-request-id", "x-trace-id")


@dataclass(frozen=True, slots=True)
class JsonAnswer:
    body: dict[str, Any]
    http_status: int
    request_id: str | None
    headers: Mapping[str, str]


def open_client(base_url: str, settings: CallSettings, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """One client per account for the life of the process."""
    return httpx.AsyncClient(
        base_url=base_url.rstrip("/"),
        headers=dict(headers),
        timeout=httpx.Timeout(settings.read_timeout_s, connect=settings.connect_timeout_s),
        limits=httpx.Limits(max_connections=settings.max_concurrent + SPARE_CONNECTIONS, keepalive_expiry=KEEPALIVE_S),
    )


class Form:
    """A multipart form whose fields stay the same and whose file comes last. A list is repeated fields.

    Written out once: a hundred key terms took longer to encode than the rest of a call.
    """

    def __init__(self, fields: Mapping[str, str | Sequence[str]], *, filename: str, content_type: str) -> None:
        data = {name: value if isinstance(value, str) else list(value) for name, value in fields.items()}
        empty = httpx.Request("POST", "http://form", data=data, files={"file": (filename, b"", content_type)})
        self.content_type: str = empty.headers["content-type"]
        boundary = self.content_type.partition("boundary=")[2]
        self._end = f"\r\n--{boundary}--\r\n".encode("ascii")
        self._beginning = empty.read().removesuffix(self._end)

    def body(self, file: bytes) -> bytes:
        return b"".join((self._beginning, file, self._end))


async def post_form(
    client: httpx.AsyncClient, path: str, form: Form, file: bytes, params: Mapping[str, str] | None = None
) -> JsonAnswer:
    """POST the form with this file. The body is made anew from bytes at every call."""
    headers = {"content-type": form.content_type}
    return await _send(
        client, client.build_request("POST", path, content=form.body(file), headers=headers, params=params)
    )


async def post_json(
    client: httpx.AsyncClient, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> JsonAnswer:
    return await _send(client, client.build_request("POST", path, json=body, headers=headers))


async def _send(client: httpx.AsyncClient, request: httpx.Request) -> JsonAnswer:
    try:
        response = await client.send(request)
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise CallLost(Category.TIMEOUT, "could not connect in time") from error
    except httpx.TimeoutException as error:
        raise CallLost(Category.TIMEOUT, "the provider went silent", billed=True) from error
    except httpx.ConnectError as error:
        raise CallLost(Category.TRANSIENT, "could not connect") from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise CallLost(Category.TRANSIENT, "the connection broke before the answer was whole", billed=True) from error
    return _answer(response)


def _answer(response: httpx.Response) -> JsonAnswer:
    request_id = next((response.headers[name] for name in REQUEST_ID_HEADERS if name in response.headers), None)
    body = _decoded(response)
    if response.status_code >= 400:
        category = classify(response.status_code, body)
        raise CallRefused(
            category,
            f"refused with HTTP {response.status_code}",
            http_status=response.status_code,
            retry_after_s=retry_after_s(response.headers.get("retry-after")),
            request_id=request_id,
        )
    if response.status_code != 200 or not isinstance(body, dict):
        raise AnswerUnreadable(
            Category.MALFORMED,
            f"HTTP {response.status_code} without a JSON object",
            http_status=response.status_code,
            request_id=request_id,
            billed=True,
        )
    return JsonAnswer(body, response.status_code, request_id, response.headers)


def _decoded(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are both
        return None


def retry_after_s(header: str | None) -> float | None:
    """Seconds asked for by a Retry-After header, given as seconds or as a date."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
