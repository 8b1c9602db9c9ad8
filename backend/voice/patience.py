"""How long a call waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long each thing is waited for, in seconds.

    connect: VoiceLive's handshake; confirm: its answer to `session.update`; answer: any event while an answer is due;
    words: a late transcript before another agent takes over; browser: one write to it; store: memory at the call's end;
    tool: one of a tool's calls; filler: its answer, before the agent says that it takes a moment.
    drain: the end of a turn, before a call is moved to another replica;
    away: a browser that may come back; silent: anything from one that should be there.
    turn: a new call's turn to connect; mend: the same while no endpoint works; lost: another session in a call that has
    lost its own; switch: the turn of another agent's session. minute: what VoiceLive's quota counts in.
    rollover: how long before a session expires another takes its place in the next pause, and up to half as long again
    so that calls that began together do not do it together; leave: the same, whatever is going on.
    """

    connect: float = 10.0
    confirm: float = 10.0
    answer: float = 20.0
    words: float = 1.0
    browser: float = 10.0
    store: float = 5.0
    tool: float = 8.0
    filler: float = 0.7
    drain: float = 20.0
    away: float = 30.0
    silent: float = 12.0
    turn: float = 180.0
    mend: float = 1.5
    lost: float = 90.0
    switch: float = 2.0
    minute: float = 60.0
    rollover: float = 120.0
    leave: float = 15.0
    tick: float = 0.25
