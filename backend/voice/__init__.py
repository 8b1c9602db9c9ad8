"""Voice: a call between a browser and VoiceLive.

switchboard  the calls of this process, and the way into one; `elsewhere` speaks to other replicas about theirs
room         what calls share: `admission` how many there may be, `patience` how long is waited for what
call/        what happens in a call: every decision is made here
words/       what was said: in order, each turn once, stored beside the sound
browser/     the person's side: the messages, what was sent, what has been heard, and what to do while nobody is there
voicelive/   the service's side: where and when a connection is opened, and the one file that knows its SDK
fast_path    the way of a relayed frame in C, where it was compiled
outlet       one writer towards one side; `pulse` one timer for all calls; `load` how late the loop is; `counters`
"""
