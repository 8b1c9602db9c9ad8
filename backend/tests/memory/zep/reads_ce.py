"""Runs in the environment of zep-python 2 (CE): reads with the SDK what Engram wrote, prints it as JSON.

Arguments: base URL, key, user id, session id, query.
"""

import json
import sys

from zep_python.client import Zep  # type: ignore[import-not-found]  # only in its own environment

base, key, user_id, session_id, query = sys.argv[1:]
zep = Zep(base_url=base.removesuffix("/api/v2"), api_key=key, timeout=20)
page = zep.memory.get_session_messages(session_id, limit=1_000, cursor=1)
found = zep.memory.search_sessions(text=query, user_id=user_id, search_scope="facts", limit=10)
print(  # noqa: T201 - the answer
    json.dumps(
        {
            "user": zep.user.get(user_id).user_id,
            # Its `get_sessions` expects a list of lists, which no server answers.
            "sessions": [zep.memory.get_session(session_id).session_id],
            "messages": [
                [message.uuid_, message.role_type, message.role, message.content, message.created_at, message.metadata]
                for message in page.messages
            ],
            "facts": [fact.fact for fact in zep.memory.get(session_id, lastn=4).relevant_facts],
            "found": [result.fact.fact for result in found.results],
            "context": None,
        }
    )
)
