"""What a call finds that another process began: the last turn in the store, and what the browser has heard of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from backend.core.context import Turn
from backend.voice.browser.caller import Caller
from backend.voice.browser.messages import Playing
from backend.voice.words.transcript import Transcript

STILL_WANTED = timedelta(minutes=2)
"""A question older than this is not answered by itself any more."""

Beginning = Literal["listen", "answer", "go on"]
"""What the first leg does: wait for the person, answer what they said last, or go on with an answer that broke off."""


def inherit(turns: Sequence[Turn], transcript: Transcript, caller: Caller, playing: Playing | None) -> Beginning:
    """Settle what the last turn means and return how the call begins. An answer is stored as what is heard of it.

    playing: the answer that the browser has sound of; None when it does not say.
    """
    last = turns[-1] if turns else None
    if last is None:
        return "listen"
    transcript.continues_after(last.said_at)
    if last.channel != "voice" or datetime.now(UTC) - last.said_at > STILL_WANTED:
        return "listen"
    if last.role == "user":
        return "answer"
    if playing is None:
        return "listen"
    if last.interrupted and (last.id != playing.item_id or playing.ms >= playing.received_ms):  # the person came in
        return "listen"
    if last.id != playing.item_id:  # nothing of it has arrived
        transcript.adopt(last, 0.0, ended=False)
        return "answer" if len(turns) > 1 and turns[-2].role == "user" else "listen"
    transcript.adopt(last, playing.received_ms, ended=playing.ended)
    caller.adopt(playing)
    return "listen" if playing.ended else "go on"
