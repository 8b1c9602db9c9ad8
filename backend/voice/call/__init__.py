"""A call: `session` reads the browser, `events` the service; both decide, each with the rooms of its subject.

line       which leg answers, and how another takes its place    interruption  whether one was one
hand_over  another agent takes over                              errands       tools, beside the sound
splice     sound out of the service's frames, unread             microphone    sound into them
meanwhile  what is typed in chat while the call runs             inheritance   what another process began
stopwatch  how long each turn kept the person waiting            measures      who is told
duration   how long a call lasts
"""
