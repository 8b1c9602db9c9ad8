"""The OpenAPI description: what the framework knows, completed with what our routes read and answer by hand."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from backend.api.access import rules_of
from backend.api.problem_documents import ProblemDocument, documented
from backend.api.routers.chat import ChatRequest
from backend.api.routers.facts import CorrectedFact, NewFact
from backend.api.routers.search import SearchRequest
from backend.api.routers.voice import TicketRequest
from backend.core.levels import AuthMode

_REF = "#/components/schemas/{model}"
_OURS: tuple[type[BaseModel], ...] = (
    ProblemDocument,
    ChatRequest,
    NewFact,
    CorrectedFact,
    SearchRequest,
    TicketRequest,
)
_FRAMEWORKS = ("HTTPValidationError", "ValidationError")


def describe(app: FastAPI, routers: Iterable[APIRouter], auth_mode: AuthMode) -> dict[str, Any]:
    """Return the description of `app`, with problem documents for failures and the token where one is asked for."""
    description = get_openapi(title=app.title, version=app.version, summary=app.summary, routes=app.routes)
    schemas = description["components"]["schemas"]
    for name in _FRAMEWORKS:
        schemas.pop(name, None)
    for model in _OURS:
        schemas[model.__name__] = model.model_json_schema(ref_template=_REF)
    for methods in description["paths"].values():
        for operation in methods.values():
            operation["responses"].setdefault("429", documented(429)[429])
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                operation["responses"]["422"] = documented(422)[422]
    if auth_mode != "none":
        description["components"]["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        for router in routers:
            for route in router.routes:
                if (
                    isinstance(route, APIRoute)
                    and route.include_in_schema
                    and "public" not in rules_of(route.dependant)
                ):
                    for method in route.methods or ():
                        description["paths"][route.path][method.lower()]["security"] = [{"bearer": []}]
    return description
