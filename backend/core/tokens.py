"""How many tokens a text takes, estimated: the tokeniser of a gateway's model is not known here."""

_MESSAGE_OVERHEAD = 4
_BYTES_PER_TOKEN = 3.5


def tokens(text: str) -> int:
    """Estimate the tokens of one message or line from its UTF-8 length, rather too many than too few.

    English has about 4.3 bytes a token, Chinese 3 to 4.
    """
    size = len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return int(size / _BYTES_PER_TOKEN) + 1 + _MESSAGE_OVERHEAD
