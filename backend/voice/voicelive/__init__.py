"""VoiceLive's side of a call: a `leg` is one session over one `link`, the only file that knows the SDK.

`upstream` opens connections (`queue`: whose turn it is; `breaker`: which endpoint is left alone), `configuration` is
the session we ask for, `failures` what the caller is told, `short_way` a quicker path for whole frames.
"""
