"""An application that has nothing to do with Balto."""

from ray import serve
from starlette.requests import Request


@serve.deployment
class Another:
    async def __call__(self, request: Request) -> str:
        return "outra"


app = Another.bind()
