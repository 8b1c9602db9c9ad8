"""A replica of its own process for test_replicas.py: stores turns as fast as it can and prints each that it was told is
stored, until it is killed.
"""

import asyncio
import json
import sys
from pathlib import Path

from backend.memory.log import TurnLog
from backend.storage.database import Database
from backend.storage.keys import KeyRing
from backend.storage.notices import Notices
from backend.tests.conftest import StoreSettings, a_person, a_turn


async def store_for_ever(settings: StoreSettings) -> None:
    """Store turns of five people, one after the other for each, and print tenant, owner and turn id of each."""
    database = await Database.open(settings)
    notices = Notices(database)
    log = TurnLog(database, await KeyRing.open(settings, database), notices)

    async def talk(number: int) -> None:
        person = a_person(f"P{number}")
        while True:
            [turn] = await log.append(person, "s", [a_turn("hello")])
            sys.stdout.write(json.dumps([person.tenant, person.user_id, turn.id]) + "\n")
            sys.stdout.flush()

    await asyncio.gather(*(talk(number) for number in range(5)))


if __name__ == "__main__":
    url, data_dir, key = sys.argv[1:]
    asyncio.run(store_for_ever(StoreSettings(url, Path(data_dir), encryption_key=key)))
