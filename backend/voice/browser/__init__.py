"""The person's side of a call: `caller` writes to it, `messages` are its shapes, `playback` knows what was heard.

`presence` holds its connections, one after the other; `resend` what it has not got yet; `rate` how much it may send.
"""
