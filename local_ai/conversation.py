"""The items of one voice conversation, in order, and what a brain is given to read of them."""

from typing import Any

from .tool_choice import result_as_text

Item = dict[str, Any]


class Conversation:
    """Items in wire form. Names are unique; the order is the order of talking, not of arrival."""

    def __init__(self) -> None:
        self._items: list[Item] = []

    def __contains__(self, item_id: str) -> bool:
        return self.get(item_id) is not None

    @property
    def last_id(self) -> str | None:
        """Id of the newest item, None when there is none."""
        return self._items[-1]["id"] if self._items else None

    def get(self, item_id: str) -> Item | None:
        """The item of that id, None when there is none."""
        return next((item for item in self._items if item["id"] == item_id), None)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put an item at the end, or behind the item `after` ("root": at the beginning); the id before it.

        Raises KeyError for an unknown `after`.
        """
        if after is None:
            self._items.append(item)
            return self._items[-2]["id"] if len(self._items) > 1 else None
        if after == "root":
            self._items.insert(0, item)
            return None
        for place, other in enumerate(self._items):
            if other["id"] == after:
                self._items.insert(place + 1, item)
                return after
        raise KeyError(after)

    def delete(self, item_id: str) -> bool:
        """Forget an item; whether it was there."""
        item = self.get(item_id)
        if item is None:
            return False
        self._items.remove(item)
        return True

    def call_name(self, call_id: str) -> str:
        """The function that a call id belongs to, "a tool" when the call is not in the conversation."""
        return next(
            (str(item["name"]) for item in self._items if item.get("call_id") == call_id and "name" in item), "a tool"
        )

    def last_of_user(self) -> Item | None:
        """What the user said or typed last, None when they have not."""
        mine = (item for item in reversed(self._items) if item["type"] == "message" and item["role"] == "user")
        return next(mine, None)

    def messages(self, items: list[Item] | None = None) -> list[dict[str, Any]]:
        """The conversation (or the given items instead of it) as chat messages with plain text, empty ones left out."""
        messages = []
        for item in self._items if items is None else items:
            if item["type"] == "function_call":
                continue  # its result says what is needed
            if item["type"] == "function_call_output":
                name = self.call_name(item["call_id"])
                message = {"role": "user", "content": result_as_text(name, item["output"])}
            else:
                message = {"role": item["role"], "content": text_of(item)}
            if message["content"]:
                messages.append(message)
        return messages


def text_of(item: Item) -> str:
    """The words of a message item, spoken or written."""
    parts = (part.get("text") or part.get("transcript") or "" for part in item.get("content", []))
    return " ".join(part for part in parts if part)


def set_text(item: Item, text: str) -> None:
    """Replace the words of a message item, e.g. by what was heard of it."""
    for part in item["content"]:
        part["transcript" if "transcript" in part else "text"] = text
