"""The embedded server: starting, sharing, stopping, and what is left after violence. All against real processes."""

import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from backend.storage import embedded
from backend.storage.embedded import EmbeddedServer, EmbeddedServerError

HOLD = """
import sys
from backend.storage.embedded import EmbeddedServer
import psycopg
server = EmbeddedServer.attach(sys.argv[1])
with psycopg.connect(server.conninfo, autocommit=True) as connection:
    connection.execute("SELECT pg_advisory_lock(1)")
    connection.execute("CREATE TABLE IF NOT EXISTS written (by integer)")
    connection.execute("INSERT INTO written VALUES (%s)", (server.pid,))
print(server.pid, flush=True)
sys.stdin.read()
print(server.detach(), flush=True)
"""


class Holder:
    """Another process that holds the server."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        assert self.process.stdout is not None
        self.server_pid = int(self.process.stdout.readline())

    def leave(self) -> bool:
        """End it properly; return whether it stopped the server."""
        out, _ = self.process.communicate("", timeout=60)
        return out.strip() == "True"

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[Path]:
    """Where a server of this test lives; whatever still runs there is stopped afterwards."""
    place = tmp_path / "postgres"
    yield place
    pid = embedded._running_pid(place / "data")
    if pid is not None:
        EmbeddedServer.attach(place).detach()


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


def rows(server: EmbeddedServer) -> int:
    with psycopg.connect(server.conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM written").fetchone()
    assert row is not None
    return int(row[0])


def gone(pid: int) -> bool:
    return not embedded._alive(pid)


def test_two_processes_share_one_server_and_the_last_one_out_stops_it(directory: Path) -> None:
    first = Holder(directory)
    second = Holder(directory)
    assert first.server_pid == second.server_pid
    assert first.leave() is False
    assert not gone(second.server_pid)
    assert second.leave() is True
    assert gone(second.server_pid)


def test_four_processes_starting_at_once_create_one_database(directory: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[3],
        )
        for _ in range(4)
    ]
    said = {process.stdout.readline() for process in processes if process.stdout}
    assert len(said) == 1
    stopped = [process.communicate("", timeout=60)[0].strip() for process in processes]
    assert sorted(stopped) == ["False", "False", "False", "True"]


def test_a_killed_owner_leaves_a_server_that_the_next_one_joins_and_stops(directory: Path) -> None:
    owner = Holder(directory)
    owner.kill()
    assert not gone(owner.server_pid)
    server = EmbeddedServer.attach(directory)
    assert server.pid == owner.server_pid
    assert rows(server) == 1
    assert server.detach() is True
    assert gone(owner.server_pid)
    assert server.detach() is False


def test_a_killed_server_comes_back_with_everything_committed(directory: Path) -> None:
    owner = Holder(directory)
    os.kill(owner.server_pid, signal.SIGKILL)
    eventually(lambda: gone(owner.server_pid))
    owner.kill()
    server = EmbeddedServer.attach(directory)
    assert rows(server) == 1
    assert server.pid != owner.server_pid
    assert server.detach() is True


def test_a_pid_file_that_names_another_program_is_not_believed(directory: Path) -> None:
    server = EmbeddedServer.attach(directory)
    stale = (directory / "data" / "postmaster.pid").read_text().splitlines()
    assert server.detach() is True
    stale[0] = str(os.getpid())  # alive, and not PostgreSQL: what a container finds after a restart
    (directory / "data" / "postmaster.pid").write_text("\n".join(stale))
    again = EmbeddedServer.attach(directory)
    assert again.pid not in (None, os.getpid())
    assert again.detach() is True


def test_an_interrupted_first_start_is_begun_anew(directory: Path) -> None:
    (directory / "data.new").mkdir(parents=True)
    (directory / "data.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedServer.attach(directory)
    with psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.detach() is True
    assert not (directory / "data.new").exists()


def test_nobody_else_on_the_machine_can_reach_the_socket_or_the_data(directory: Path) -> None:
    server = EmbeddedServer.attach(directory)
    for private in (server.socket_directory, directory / "data"):
        assert stat.S_IMODE(private.stat().st_mode) & 0o077 == 0, private
    with psycopg.connect(server.conninfo) as connection:
        row = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
        assert row == ("",)
    assert server.detach() is True


def test_root_opens_its_directories_to_passing_through_and_not_to_reading(tmp_path: Path) -> None:
    home = tmp_path / "home"
    directory = home / "engram" / "postgres"
    directory.mkdir(parents=True)
    home.chmod(0o700)
    ours = pwd.getpwuid(os.geteuid())
    other = pwd.struct_passwd((ours.pw_name, "x", ours.pw_uid + 1, ours.pw_gid, "", "/", "/bin/false"))
    embedded._let_in(other, directory, embedded.wheel_binaries())
    assert stat.S_IMODE(home.stat().st_mode) == 0o701


def test_the_server_never_runs_as_root(directory: Path) -> None:
    server = EmbeddedServer.attach(directory)
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0
    assert server.detach() is True


def test_a_path_too_long_for_a_socket_gets_a_short_one(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedServer.attach(deep)
    assert server.socket_directory.parent == Path(tempfile.gettempdir())
    with psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.detach() is True
    server.socket_directory.rmdir()


def test_no_short_path_at_all_is_an_error_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/" + "t" * 120)
    with pytest.raises(EmbeddedServerError, match=r"longer than 107 bytes.*DATA_DIR"):
        embedded._socket_directory(tmp_path / ("d" * 100), None)


def test_a_short_socket_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    deep = tmp_path / ("d" * 100)
    for place in (deep, *deep.parents):
        if place.is_relative_to(tmp_path):
            place.mkdir(exist_ok=True, parents=True)
    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        embedded._socket_directory(deep, None)


def test_data_of_another_major_version_is_refused_with_the_remedy(directory: Path) -> None:
    (directory / "data").mkdir(parents=True)
    (directory / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedServerError, match=r"written by PostgreSQL 17.*DATA_DIR"):
        EmbeddedServer.attach(directory)


def test_a_directory_that_cannot_be_made_is_an_error_that_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EmbeddedServerError, match="DATA_DIR"):
        EmbeddedServer.attach(tmp_path / "file" / "postgres")


def test_without_the_wheel_the_error_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddedServerError, match="DATABASE_URL"):
        embedded.wheel_binaries()


def test_a_server_that_cannot_start_says_what_its_log_says(directory: Path) -> None:
    EmbeddedServer.attach(directory).detach()
    with (directory / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = on\n")
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        EmbeddedServer.attach(directory)
