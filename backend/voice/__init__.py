"""Voice: a call between a browser and VoiceLive. `session` decides; `link` alone knows the SDK; the rest keep account.

session   the call: what each message of either side leads to        playback  how much of each answer was heard
leg       one VoiceLive session of a call and its open response      turns     what was said, in order, each once
link      the SDK's connection, translated                           keeper    stores turns beside the audio
outlet    one writer towards one side                                messages  the shapes between browser and us
failures  what the caller is told when VoiceLive fails               admission how many calls, how many connections
line      which leg answers, and how another takes its place     configuration  the session we ask VoiceLive for
stopwatch how long each turn kept the person waiting         measures  who is told: browser, Prometheus, spans
presence  the browser's connections, and its absence           resend    what it has not seen yet
upstream  where and when a connection is opened              breaker   an endpoint that failed is left alone for a while
unworded  sound that has no words yet                        duration  how long a call lasts
switchboard  the calls of one process, and the way into one      room      what they share, and how long is waited
"""
