"""Every route that is called, by dialect: method, path, query keys, body keys. A test holds them against the SDKs.

Sources: zep-cloud 3.30.0 and 4.0.1, zep-python 2.0.2, and for 0.27 the server's own description (docs/swagger.json).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """One call. path: below the base, `{name}` for what is put in. plain: success is the word OK and not JSON."""

    method: str
    path: str
    body: frozenset[str] = frozenset()
    query: frozenset[str] = frozenset()
    plain: bool = False


def _route(method: str, path: str, body: str = "", query: str = "", *, plain: bool = False) -> Route:
    return Route(method, path, frozenset(body.split()), frozenset(query.split()), plain)


V3 = {
    "get_user": _route("GET", "users/{user_id}"),
    "add_user": _route("POST", "users", "user_id"),
    "add_session": _route("POST", "threads", "thread_id user_id"),
    "get_messages": _route("GET", "threads/{thread_id}/messages", query="lastn"),
    "add_messages": _route("POST", "threads/{thread_id}/messages", "messages"),
    "annotate": _route("PATCH", "messages/{message_uuid}", "metadata"),
    "delete_session": _route("DELETE", "threads/{thread_id}"),
    "context": _route("GET", "threads/{thread_id}/context"),
    "facts": _route("POST", "graph/edge/user/{user_id}", "limit order_by direction"),
    "search": _route("POST", "graph/search", "user_id query scope limit"),
    "delete_user": _route("DELETE", "users/{user_id}"),
}

V4 = {
    "find_user": _route("POST", "users/lookup", "user_id"),
    "get_user": _route("GET", "users/{user_uuid}"),
    "add_user": _route("POST", "users", "user_id"),
    "find_session": _route("POST", "threads/lookup", "thread_id"),
    "add_session": _route("POST", "threads", "user_uuid"),
    "get_messages": _route("GET", "threads/{thread_uuid}/messages", query="page_size order_by order"),
    "add_messages": _route("POST", "threads/{thread_uuid}/messages", "messages"),
    "annotate": _route("PATCH", "threads/{thread_uuid}/messages/{message_uuid}", "metadata"),
    "delete_session": _route("DELETE", "threads/{thread_uuid}"),
    "context": _route("GET", "threads/{thread_uuid}/context"),
    "facts": _route("POST", "graphs/{graph_uuid}/edges/list", query="page_size order_by order"),
    "search": _route("POST", "graphs/{graph_uuid}/search/edges", "query", "page_size"),
    "delete_user": _route("DELETE", "users/{user_uuid}"),
    "get_task": _route("GET", "tasks/{task_uuid}"),
}

CE = {
    "get_user": _route("GET", "users/{user_id}"),
    "add_user": _route("POST", "users", "user_id"),
    "get_session": _route("GET", "sessions/{session_id}"),
    "add_session": _route("POST", "sessions", "session_id user_id"),
    "get_messages": _route("GET", "sessions/{session_id}/messages", query="limit cursor"),
    "add_messages": _route("POST", "sessions/{session_id}/memory", "messages"),
    "annotate": _route("PATCH", "sessions/{session_id}/messages/{message_uuid}", "metadata"),
    "delete_session": _route("DELETE", "sessions/{session_id}/memory"),
    "search": _route("POST", "sessions/search", "text user_id search_scope", "limit"),
    "delete_user": _route("DELETE", "users/{user_id}"),
}

OSS = {
    "get_user": _route("GET", "user/{user_id}"),
    "add_user": _route("POST", "user", "user_id"),
    "get_session": _route("GET", "sessions/{session_id}"),
    "add_session": _route("POST", "sessions", "session_id user_id"),
    "get_messages": _route("GET", "sessions/{session_id}/memory", query="lastn"),
    "add_messages": _route("POST", "sessions/{session_id}/memory", "messages", plain=True),
    "annotate": _route("PATCH", "sessions/{session_id}/messages/{message_uuid}", "metadata"),
    "delete_session": _route("DELETE", "sessions/{session_id}/memory", plain=True),
    "delete_user": _route("DELETE", "user/{user_id}", plain=True),
}
