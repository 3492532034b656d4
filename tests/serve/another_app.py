"""An application that has nothing to do with Balto."""

from typing import Any

from ray import serve
from starlette.requests import Request


class Another:
    async def __call__(self, request: Request) -> str:
        return "outra"


another: Any = serve.deployment(Another)
app = another.bind()
