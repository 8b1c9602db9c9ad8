"""Serves the built web UI, where there is one; whatever address is not ours is a page of it or a 404."""

from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from backend.api import problem_documents
from backend.core import problems

_SERVICE = ("/api", "/health", "/ready", "/metrics")
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}


class UserInterface:
    """The application's last resort. directory: what `npm run build` wrote; it may be missing, or come later."""

    def __init__(self, directory: Path) -> None:
        self._root = directory.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that no route took."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4404, "reason": "no such address"})
            return
        path: str = scope["path"]
        if scope["method"] in ("GET", "HEAD") and not any(
            path == own or path.startswith(f"{own}/") for own in _SERVICE
        ):
            file = self._file(path)
            if file is not None:
                headers = _FOR_EVER if path.startswith("/assets/") else _ASK_AGAIN
                await FileResponse(file, headers=headers)(scope, receive, send)
                return
            index = self._root / "index.html"
            # A deep link such as /voice is a page of the UI; a missing picture or script is not.
            if "text/html" in Headers(scope=scope).get("accept", "*/*") or "." not in path.rsplit("/", 1)[-1]:
                if index.is_file():
                    await FileResponse(index, headers=_ASK_AGAIN)(scope, receive, send)
                    return
                absent = problems.not_found("The web UI", "It is not built here: `make run` builds it, or set UI_DIR.")
                await problem_documents.response(absent)(scope, receive, send)
                return
        await problem_documents.response(problem_documents.from_http(404, None))(scope, receive, send)

    def _file(self, path: str) -> Path | None:
        """Return the file of this path below the directory; None for anything else, links out of it included."""
        if path == "/" or "\x00" in path:
            return None
        try:
            file = (self._root / path.lstrip("/")).resolve()
            return file if file.is_relative_to(self._root) and file.is_file() else None
        except OSError:
            return None
