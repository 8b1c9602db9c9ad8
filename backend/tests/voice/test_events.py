"""Reading VoiceLive's frames: sound is passed on as it stands, however the service spells its JSON."""

import json

import orjson
import pytest

from backend.voice.browser import messages
from backend.voice.call.events import read

DELTA = {"event_id": "e", "type": "response.audio.delta", "response_id": "r", "item_id": "i", "delta": "AAECAw=="}


@pytest.mark.parametrize(
    "frame",
    [
        orjson.dumps(DELTA),
        json.dumps(DELTA).encode(),
        orjson.dumps(dict(reversed(DELTA.items()))),
        orjson.dumps(DELTA | {"delta": "AA/+"}).replace(b"/", b"\\/"),
    ],
    ids=["compact", "with blanks", "other order", "escaped"],
)
def test_sound_is_found_in_any_spelling(frame: bytes) -> None:
    event, sound = read(frame)
    assert (event["type"], event["item_id"], event["response_id"]) == ("response.audio.delta", "i", "r")
    assert sound == json.loads(frame)["delta"].encode()


def test_words_that_look_like_sound_are_words() -> None:
    words = {"type": "response.text.delta", "delta": 'say "response.audio.delta" and "delta":"AAAA"'}
    event, sound = read(orjson.dumps(words))
    assert (event, sound) == (words, None)
    nested = {"type": "error", "error": {"param": "response.audio.delta"}, "delta": "x"}
    assert read(orjson.dumps(nested)) == (nested, None)


@pytest.mark.parametrize("frame", [b"{", b"[]", b"null", b"{}", b'{"type":"response.audio.delta"', b"\xff"])
def test_what_is_no_event_raises_nothing_unexpected(frame: bytes) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(frame)


def test_sound_reaches_the_browser_as_valid_json_with_the_documented_fields() -> None:
    frame = messages.encode(messages.Sound(b"AAECAw==", 'odd "id"'), 7)
    assert json.loads(frame) == {
        "type": "audio", "data": "AAECAw==", "format": "audio/pcm16", "item_id": 'odd "id"', "seq": 7,
    }  # fmt: skip
