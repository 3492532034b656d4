"""`balto keys`: make a client and its counters, revoke one."""

import os
from typing import Annotated

import typer

from cli.output import out

keys = typer.Typer(help="Make clients and counters on a server, revoke a counter's key.", no_args_is_help=True)

Server = Annotated[str, typer.Option(help="the server's address")]
Token = Annotated[
    str | None,
    typer.Option(envvar="BALTO_ADMIN_TOKEN", show_envvar=True, help="the server's admin token; the sandbox needs none"),
]
DEFAULT_SERVER = f"http://127.0.0.1:{os.environ.get('PORT', '8765')}"


@keys.command()
def client(
    email: Annotated[str, typer.Option(help="of the person responsible")],
    razao_social: Annotated[str, typer.Option(help="the company's registered name")],
    telefone: Annotated[str, typer.Option(help="with area code")],
    server: Server = DEFAULT_SERVER,
    admin_token: Token = None,
) -> None:
    """Make a client; prints the six-digit code that its counters are made with."""
    from client.registration import Registration

    with Registration(server, admin_token=admin_token) as registration:
        codigo = registration.client(email=email, razao_social=razao_social, telefone=telefone)
    out.print(
        f"client [value]{codigo}[/value]; make its counters with: balto keys counter --name NAME --client {codigo}"
    )


@keys.command()
def counter(
    name: Annotated[str, typer.Option(help="what the shop calls the counter")],
    client: Annotated[str, typer.Option(help="the client's six-digit code")],
    notice: Annotated[
        bool, typer.Option("--notice", help="customers there can read the privacy notice (LGPD)")
    ] = False,
    server: Server = DEFAULT_SERVER,
    admin_token: Token = None,
) -> None:
    """Make a counter; prints its key, which is not shown again."""
    from client.registration import Registration

    with Registration(server, admin_token=admin_token) as registration:
        balcao_id, api_key = registration.counter(nome_balcao=name, user_codigo=client)
        out.print(f"counter [value]{balcao_id}[/value]")
        out.print(f"key     [value]{api_key}[/value]  (keep it: it is not shown again)")
        if notice:
            registration.notice(balcao_id, shown=True)


@keys.command()
def revoke(
    balcao_id: Annotated[str, typer.Argument(help="the counter's id, as `balto keys counter` printed it")],
    server: Server = DEFAULT_SERVER,
    admin_token: Token = None,
) -> None:
    """Revoke a counter's key; what it recorded stays."""
    from client.registration import Registration

    with Registration(server, admin_token=admin_token) as registration:
        registration.revoke(balcao_id)
    out.print(f"counter {balcao_id} is revoked")
