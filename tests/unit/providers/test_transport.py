import httpx

from pipeline.providers.transport import Form, post_form


class Wire(httpx.AsyncBaseTransport):
    """Keeps each body as the pieces it would be written in."""

    def __init__(self) -> None:
        self.bodies: list[list[bytes]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self.bodies.append([piece async for piece in request.stream])
        return httpx.Response(200, json={"text": ""})


async def test_a_form_with_many_fields_is_written_at_once_and_anew_each_time() -> None:
    wire = Wire()
    terms = [f"produto {number}" for number in range(100)]
    async with httpx.AsyncClient(base_url="http://provider.invalid", transport=wire) as client:
        form = Form({"keyterms": terms, "model": "m"}, filename="a.pcm", content_type="audio/x")
        for pcm in (b"one", b"two"):
            await post_form(client, "/v1/stt", form, pcm)
    (first,), (second,) = wire.bodies
    assert first.count(b'name="keyterms"') == 100
    assert first.split(b"\r\n\r\n")[-1].startswith(b"one\r\n--")  # the file comes last
    assert b"two" in second


async def test_the_form_is_what_the_client_library_would_write() -> None:
    wire = Wire()
    fields = {"keyterms": ["ção", "Sal de Fruta"], "model": 'a "quoted" one'}
    pcm = bytes(range(256)) * 9
    form = Form(fields, filename="a.pcm", content_type="audio/x")
    async with httpx.AsyncClient(base_url="http://provider.invalid", transport=wire) as client:
        await post_form(client, "/v1/stt", form, pcm)
        headers = {"content-type": form.content_type}  # the same boundary
        await client.post("/v1/stt", data=fields, files={"file": ("a.pcm", pcm, "audio/x")}, headers=headers)
    ours, theirs = (b"".join(pieces) for pieces in wire.bodies)
    assert ours == theirs
