"""Who may use the HTTP side: the sandbox is open to anyone, elsewhere a request carries a secret as Bearer."""

import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Header, HTTPException
from pydantic import SecretStr

from configs.environment import Profile


def bearer(profile: Profile | None, secret: SecretStr | None, variable: str) -> Callable[[str | None], None]:
    """A FastAPI dependency. 403 when the server has no such secret, 401 when the request's is not it."""

    def check(authorization: Annotated[str | None, Header()] = None) -> None:
        if profile is Profile.SANDBOX:
            return
        if secret is None:
            raise HTTPException(403, f"acesso fechado: defina {variable} no servidor e envie-o como Bearer")
        scheme, _, given = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise HTTPException(401, f"envie o cabeçalho Authorization: Bearer com o {variable}")
        if not hmac.compare_digest(given.strip().encode(), secret.get_secret_value().encode()):
            raise HTTPException(401, f"chave errada: a enviada não é o {variable} deste servidor")

    return check
