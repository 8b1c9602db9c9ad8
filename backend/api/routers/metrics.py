"""What the process counts, in Prometheus' text format. Not public: it tells how much is spoken here, and with whom."""

import asyncio

from fastapi import APIRouter, Request, Response
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

from backend.api import access
from backend.api.problem_documents import documented

router = APIRouter(tags=["health"])


@router.get("/metrics", dependencies=[access.watching()], response_class=Response, responses=documented(401, 403))
async def metrics(request: Request) -> Response:
    """Return counters and histograms as text (OpenMetrics where the scraper asks for it)."""
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    # Beside the loop: it takes a few milliseconds, in which sound would wait.
    return Response(await asyncio.to_thread(encode, REGISTRY), headers={"Content-Type": content_type})
