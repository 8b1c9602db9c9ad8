"""The API description is true: generated requests, valid and not, find no answer that it does not describe."""

import asyncio
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from backend.tests.api.conftest import Service, someone

EXAMPLES = 25
REJECTED = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]


async def test_the_description_names_what_the_routes_answer(open_service: Service) -> None:
    described = (await open_service.client.get("/api/v1/openapi.json")).json()
    chat = described["paths"]["/api/v1/chat"]["post"]
    assert set(chat["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    assert {"401", "403", "404", "413", "415", "422", "429", "502", "503", "504"} <= set(chat["responses"])
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if int(status) >= 400 and path != "/ready":
                    assert "application/problem+json" in response["content"], f"{method} {path} {status}"
    assert described["components"]["schemas"]["ChatRequest"]["properties"]["content"]["maxLength"] == 32_000


@pytest.mark.usefixtures("short_streams")
async def test_generated_requests_find_nothing(service: Service) -> None:
    config = SchemathesisConfig.from_dict(
        {
            "headers": {"Authorization": f"Bearer {someone()}"},
            # A query parameter that nobody knows is left alone, as everywhere on the web.
            "generation": {"allow-extra-parameters": False},
            # 413 is a rejection as well; the list is the default one with it.
            "checks": {"negative_data_rejection": {"expected-statuses": REJECTED}},
        }
    )
    url = f"{service.url}/api/v1/openapi.json"
    schema = await asyncio.to_thread(schemathesis.openapi.from_url, url, config=config)
    explored = []
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]  # an Err fails the test right here
        await asyncio.to_thread(_explore, operation, service.url)
        explored.append(operation.label)
    assert {"POST /api/v1/chat", "GET /api/v1/memory/episodes", "GET /health"} <= set(explored)


def _explore(operation: Any, url: str) -> None:
    """Send generated requests, valid and not, to one route; hold each answer against the description."""
    # A cursor is what an earlier answer gave, and no schema can say so: an invented one is refused.
    opaque = any(parameter.name == "cursor" for parameter in operation.query)
    excluded = [positive_data_acceptance] if opaque else []

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE))
    def explore(case: Any) -> None:
        case.call_and_validate(base_url=url, timeout=15, excluded_checks=excluded)

    explore()
