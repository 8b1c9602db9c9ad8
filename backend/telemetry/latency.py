"""The buckets in which the waits of a conversation are counted, in seconds.

Close together where a conversation is decided: under 0.2 s feels immediate, from 0.8 s on people begin to speak again,
and what takes more than 3 s is remembered as broken. Ten seconds and more is one bucket.
"""

LATENCY_S = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.3, 1.7, 2.2, 3.0, 5.0, 10.0)
