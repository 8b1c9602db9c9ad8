"""Warnings that may come a thousand times a second while a store is down, said once in a while with their number."""

import logging
import time

EVERY_SECONDS = 5.0


class Grumble:
    """Logs a warning at once, and then at most every `EVERY_SECONDS`; tells how many it kept to itself."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._said_at = float("-inf")
        self._kept = 0

    def __call__(self, message: str, error: BaseException) -> None:
        """Log `message`, whose %s is the error's type; never its text, which may quote what was said."""
        now = time.monotonic()
        if now - self._said_at < EVERY_SECONDS:
            self._kept += 1
            return
        self._logger.warning(message + " (and %d times more before)", type(error).__name__, self._kept)
        self._logger.debug("The last failure of memory", exc_info=error)
        self._said_at, self._kept = now, 0
