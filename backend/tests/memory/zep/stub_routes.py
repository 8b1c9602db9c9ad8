"""The routes of the four dialects as their sources tell them; `test_routes.py` holds them against the installed SDKs.

Only what Engram calls, and what the SDKs call to read it back. A request outside of this table fails the test.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class StubRoute:
    """One route of a server. does: the name of the stub's answer. body, query: the keys that the server knows."""

    method: str
    path: str
    does: str
    body: frozenset[str]
    query: frozenset[str]


def _table(text: str) -> list[StubRoute]:
    routes = []
    for line in text.strip().splitlines():
        method, path, does, query, body = (part.strip() for part in line.split("|"))
        routes.append(StubRoute(method, path, does, frozenset(body.split()), frozenset(query.split())))
    return routes


_EDGE_SEARCH = "bfs_origin_node_uuids center_node_uuid graph_id limit max_characters mmr_lambda query reranker"
_EDGE_SEARCH_4 = "bfs_origin_node_uuids center_node_uuid filter_low_quality_results filters mmr_lambda query reranker"
_SESSION_SEARCH = "min_fact_rating min_score mmr_lambda record_filter search_scope search_type session_ids text user_id"
_USER = "disable_default_ontology email first_name last_name metadata time_zone user_id"

TABLES = {
    "v3": _table(
        f"""
        POST | users | add_user | | {_USER}
        GET | users/{{user_id}} | get_user | |
        DELETE | users/{{user_id}} | delete_user | |
        GET | users/{{user_id}}/threads | list_sessions | |
        POST | threads | add_session | | thread_id user_id
        DELETE | threads/{{thread_id}} | delete_session | |
        GET | threads/{{thread_id}}/messages | get_messages | cursor lastn limit |
        POST | threads/{{thread_id}}/messages | add_messages | | ignore_roles messages return_context strict_ontology
        GET | threads/{{thread_id}}/context | context | template_id |
        PATCH | messages/{{message_uuid}} | annotate | | metadata
        POST | graph/edge/user/{{user_id}} | facts | | cursor direction filters limit order_by uuid_cursor
        POST | graph/search | search | | {_EDGE_SEARCH} return_raw_results scope search_filters user_id
        """
    ),
    "v4": _table(
        f"""
        POST | users | add_user | | content_policy {_USER}
        POST | users/lookup | find_user | | graph_id thread_id user_id
        GET | users/{{user_uuid}} | get_user | |
        DELETE | users/{{user_uuid}} | delete_user | |
        POST | threads | add_session | | user_uuid
        POST | threads/lookup | find_session | | graph_id thread_id user_id
        GET | threads | list_sessions | cursor order order_by page_size user_uuid |
        DELETE | threads/{{thread_uuid}} | delete_session | |
        GET | threads/{{thread_uuid}}/messages | get_messages | cursor order order_by page_size |
        POST | threads/{{thread_uuid}}/messages | add_messages | | ignore_roles messages return_context strict_ontology
        GET | threads/{{thread_uuid}}/context | context | template_uuid |
        PATCH | threads/{{thread_uuid}}/messages/{{message_uuid}} | annotate | | metadata
        POST | graphs/{{graph_uuid}}/edges/list | facts | cursor order order_by page_size | filters
        POST | graphs/{{graph_uuid}}/search/edges | search | cursor page_size | {_EDGE_SEARCH_4}
        GET | tasks/{{task_uuid}} | get_task | |
        """
    ),
    "ce": _table(
        f"""
        POST | users | add_user | | email first_name last_name metadata user_id
        GET | users/{{user_id}} | get_user | |
        DELETE | users/{{user_id}} | delete_user | |
        POST | sessions | add_session | | fact_rating_instruction metadata session_id user_id
        GET | sessions/{{session_id}} | get_session | |
        POST | sessions/search | search | limit | {_SESSION_SEARCH}
        GET | sessions/{{session_id}}/messages | get_messages | cursor limit |
        PATCH | sessions/{{session_id}}/messages/{{message_uuid}} | annotate | | metadata
        GET | sessions/{{session_id}}/memory | get_memory | lastn minRating |
        POST | sessions/{{session_id}}/memory | add_messages | | fact_instruction messages summary_instruction
        DELETE | sessions/{{session_id}}/memory | delete_session | |
        """
    ),
    "oss": _table(  # docs/swagger.json of 0.27; there is no SDK to hold it against
        """
        POST | user | add_user | | email first_name last_name metadata user_id
        GET | user/{user_id} | get_user | |
        DELETE | user/{user_id} | delete_user | |
        POST | sessions | add_session | | metadata session_id user_id
        GET | sessions/{session_id} | get_session | |
        GET | sessions/{session_id}/memory | get_memory | lastn |
        POST | sessions/{session_id}/memory | add_messages | | messages metadata summary
        DELETE | sessions/{session_id}/memory | delete_session | |
        PATCH | sessions/{session_id}/messages/{message_uuid} | annotate | | metadata
        """
    ),
}

MESSAGE_KEYS = {
    "v3": frozenset({"content", "created_at", "metadata", "name", "processed", "role", "uuid"}),
    "v4": frozenset({"content", "metadata", "name", "reference_time", "role", "uuid"}),
    "ce": frozenset({"content", "created_at", "metadata", "role", "role_type", "token_count", "updated_at", "uuid"}),
    "oss": frozenset({"content", "created_at", "metadata", "role", "token_count", "updated_at", "uuid"}),
}
"""What a message may have when it is added. The types of the SDKs are the source."""
