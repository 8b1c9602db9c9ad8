"""Runs in the environment of zep-cloud 4: reads with the SDK what Engram wrote, prints it as JSON.

Arguments: base URL, key, user id, session UUID, query.
"""

import json
import sys

from zep_cloud import Zep  # type: ignore[import-not-found]  # only in its own environment

base, key, user_id, session_uuid, query = sys.argv[1:]
zep = Zep(base_url=base, api_key=key, timeout=20, max_retries=0)
user = zep.user.lookup(user_id=user_id)
print(  # noqa: T201 - the answer
    json.dumps(
        {
            "user": user.user_id,
            "sessions": [thread.uuid_ for thread in zep.thread.list(user_uuid=user.uuid_)],
            "messages": [
                [message.uuid_, message.role, message.name, message.content, message.reference_time, message.metadata]
                for message in zep.thread.list_messages(session_uuid, page_size=20)
            ],
            "facts": [edge.fact for edge in zep.graph.edge.list(user.uuid_)],
            "found": [edge.fact for edge in zep.graph.search_edges(user.uuid_, query=query)],
            "context": zep.thread.get_context(session_uuid).context,
        }
    )
)
