"""Runs in the environment of zep-cloud 3: reads with the SDK what Engram wrote, prints it as JSON.

Arguments: base URL, key, user id, session id, query.
"""

import json
import sys

from zep_cloud import Zep  # type: ignore[import-not-found]  # only in its own environment

base, key, user_id, session_id, query = sys.argv[1:]
zep = Zep(base_url=base, api_key=key, timeout=20)
user = zep.user.get(user_id)
page = zep.thread.get(session_id, limit=1_000)
print(  # noqa: T201 - the answer
    json.dumps(
        {
            "user": user.user_id,
            "sessions": [thread.thread_id for thread in zep.user.get_threads(user_id)],
            "messages": [
                [message.uuid_, message.role, message.name, message.content, message.created_at, message.metadata]
                for message in page.messages
            ],
            "facts": [edge.fact for edge in zep.graph.edge.get_by_user_id(user_id, limit=50)],
            "found": [edge.fact for edge in zep.graph.search(query=query, user_id=user_id, scope="edges").edges],
            "context": zep.thread.get_user_context(session_id).context,
        }
    )
)
