"""How large the head of a request may be: its address and header lines, over HTTP and for a WebSocket alike.

uvicorn's HTTP parser takes any head, before anybody knows who calls. Its WebSocket handshake takes 128 lines of
8 kB, less than a token may have, and leaves a head with more without an answer for ever. Started with
`http="backend.api.heads:BoundedHead"` every head is bounded here and answered; under any other server the service works
without the bound, and the handshake takes what that server lets through.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from websockets import http11

from backend.api import problem_documents
from backend.core.problems import Problem

MAX_HEAD_BYTES = 64 << 10
"""Four times the largest token."""

_LINGER_SECONDS = 2.0
"""So long is read, and thrown away, what a refused caller still sends: closing at once would cost it the answer."""


def let_handshakes_be_long() -> None:
    """Have the handshake take any head, as WEBSOCKETS_MAX_LINE_LENGTH and …_NUM_HEADERS would: it has been read."""
    http11.MAX_LINE_LENGTH = http11.MAX_NUM_HEADERS = 1 << 30


class _TooLarge(Exception):
    """The head has more than `MAX_HEAD_BYTES`."""


class BoundedHead(HttpToolsProtocol):
    """One connection. A head that is too large is answered with a problem document, and the connection ended."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]  # handed on as they came
        self._reading_head = True
        self._fed = self._taken = 0
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket."""
        if self._refused:
            return
        super().data_received(data)
        if self._reading_head:
            self._fed += len(data)
            if self._fed > MAX_HEAD_BYTES:  # one line of it that does not end
                self._refuse()

    def on_message_begin(self) -> None:
        """Another head begins."""
        self._reading_head, self._fed, self._taken = True, 0, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line."""
        self._count(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._reading_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what could not be parsed: it is wrong, or it was we who stopped."""
        if self._taken > MAX_HEAD_BYTES:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _count(self, size: int) -> None:
        self._taken += size
        if self._taken > MAX_HEAD_BYTES:
            raise _TooLarge  # the parser stops, and uvicorn calls `send_400_response`

    def _refuse(self) -> None:
        if self._refused:
            return
        self._refused = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()  # another request's answer is on its way: ours would stand in the middle of it
            return
        self.transport.write(problem_documents.on_the_wire(_too_large()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self.transport.close)


def _too_large() -> Problem:
    return Problem(
        431,
        "head_too_large",
        "Header too large",
        f"Address and headers together have more than {MAX_HEAD_BYTES} bytes. Send less: no valid token needs so many.",
    )
