"""A PostgreSQL server as an operator has one: over TCP, with a password, a database for each level. Runs until SIGTERM.

python postgres.py <directory> <port> <password> <database>...
"""

import signal
import sys

import psycopg
from psycopg import sql

from backend.storage.embedded import EmbeddedServer

directory, port, password, *databases = sys.argv[1:]
stop = {signal.SIGTERM, signal.SIGINT}
signal.pthread_sigmask(signal.SIG_BLOCK, stop)
server = EmbeddedServer.attach(directory, settings={"listen_addresses": "127.0.0.1", "port": port})
try:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE engram LOGIN PASSWORD {}").format(sql.Literal(password)))
        for database in databases:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER engram").format(sql.Identifier(database)))
    print("postgres ready", flush=True)  # noqa: T201  # the line that is waited for
    signal.sigwait(stop)
finally:
    server.detach()
