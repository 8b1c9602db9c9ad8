"""The model files of local_ai: where each one lies, that it is the right one, and how a missing one gets there.

`python -m local_ai.model_files [--tier standard|small]` fetches what is missing and checks what is there; run twice,
the second run only compares sizes and times with the stamps of the first. The manifest (`model_manifest.toml`) names
each file's SHA-256 and sources; `model_sources` holds the sources.
"""

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local_ai.model_manifest import Manifest, ModelError, ModelFile, wheel_stem
from local_ai.model_progress import Progress, open_progress
from local_ai.model_sources import Source, SourceFailed, default_sources

TIERS = ("standard", "small")
SMALL_BELOW = 6 * 1024**3
"""Bytes of available memory below which the small tier is chosen: the standard one peaks at 2.7 GB, and the machine
has more to do than this."""

_STAMPS = ".verified.json"


class WrongDigest(ModelError):
    """The bytes are not those of the manifest."""

    def __init__(self, where: str, expected: str, got: str, remedy: str) -> None:
        super().__init__(f"{where} is not the expected file: expected SHA-256 {expected}, got {got}. {remedy}")
        self.expected = expected
        self.got = got


class ModelFiles:
    """The files of one folder. Safe to use from several processes: the first one fetches, the others wait.

    folder: where files lie and are fetched to. also: folders that may already hold a file (they are never written).
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest | None = None,
        *,
        also: Sequence[Path] = (),
        sources: Sequence[tuple[str, Source]] | None = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest or Manifest.load()
        self._also = tuple(also)
        self._sources = sources

    def find(self, file: ModelFile) -> Path | None:
        """Where a checked copy of `file` lies, or None. Raises WrongDigest for a file of that name that is another."""
        for folder in (self.folder, *self._also):
            path = folder / file.name
            if path.is_file():
                self._verify(path, file.bytes, file.sha256, "Delete it; it is fetched again at the next start.")
                return path
        return None

    def ensure(self, file: ModelFile, progress: Progress) -> Path:
        """Return where `file` lies, fetching it first if need be. Raises ModelError when no source has it."""
        found = self.find(file)
        if found is not None:
            return found
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock(progress):
            return self.find(file) or self._fetch(file, progress)

    def package(self, package: str) -> Path:
        """The folder of an installed package whose weights have the digests of the manifest. Raises ModelError."""
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(f"The package {package} is not installed. Install local_ai/requirements.txt.")
        folder = Path(spec.submodule_search_locations[0])
        for file in self.manifest.installed:
            if file.package == package:
                path = folder / file.path
                remedy = "Install local_ai/requirements.txt again: another version of the package lies there."
                if not path.is_file():
                    raise ModelError(f"{path} is missing. {remedy}")
                self._verify(path, file.bytes, file.sha256, remedy)
        return folder

    def prefetch(self, tier: str, progress: Progress) -> list[Path]:
        """Have everything that `tier` needs, on disk and checked."""
        for package in sorted({file.package for file in self.manifest.installed}):
            self.package(package)
        return [self.ensure(file, progress) for file in self.manifest.for_tier(tier)]

    def _fetch(self, file: ModelFile, progress: Progress) -> Path:
        workshop = self.folder / ".parts"
        workshop.mkdir(exist_ok=True)
        reasons = []
        for label, source in self._sources if self._sources is not None else default_sources():
            out = workshop / f"{file.name}.{label}"
            try:
                self._need_space(file)
                source(file, out, progress)
                got = digest(out)
                if got != file.sha256:
                    # What is wrong once stays wrong: nothing of it may be resumed.
                    out.unlink()
                    raise SourceFailed(f"gave other bytes: expected SHA-256 {file.sha256}, got {got}")
            except SourceFailed as failure:
                reasons.append(f"{label}: {failure}")
                progress.note(f"{file.name}: {label}: {failure}")
                continue
            target = self.folder / file.name
            out.replace(target)
            self._stamp(target, file.sha256)
            self._tidy(workshop, file)
            progress.note(f"{file.name}: checked, {file.bytes / 1e6:,.1f} MB from {label}")
            return target
        raise ModelError(
            f"{file.name} could not be had. {'; '.join(reasons) or 'It has no source'}. "
            f"Check the connection, or put the file (SHA-256 {file.sha256}) into {self.folder}."
        )

    def _need_space(self, file: ModelFile) -> None:
        free, need = shutil.disk_usage(self.folder).free, int(file.bytes * 2.1)
        if free < need:
            raise ModelError(
                f"{file.name} needs {need / 1e9:.1f} GB while it is put together and {self.folder} has "
                f"{free / 1e9:.1f} GB free. Free some space, or set LOCAL_AI_MODEL_DIR to a folder on another disk."
            )

    def _tidy(self, workshop: Path, file: ModelFile) -> None:
        """Drop what was kept to resume from; other files' parts stay."""
        for leftover in workshop.glob(f"{file.name}.*"):
            leftover.unlink()
        if file.packages:
            for requirement in file.packages.requirements():
                for wheel in workshop.glob(f"{wheel_stem(requirement)}-*.whl"):
                    wheel.unlink()
        with contextlib.suppress(OSError):
            workshop.rmdir()

    def _verify(self, path: Path, size: int, sha256: str, remedy: str) -> None:
        stat = path.stat()
        if self._stamps().get(str(path.resolve())) == [stat.st_size, stat.st_mtime_ns, sha256]:
            return
        # The size alone convicts a truncated copy, without reading a gigabyte; the digest is still what is reported.
        got = digest(path) if stat.st_size == size else f"a file of {stat.st_size} bytes instead of {size}"
        if got != sha256:
            raise WrongDigest(str(path), sha256, got, remedy)
        self._stamp(path, sha256)

    def _stamps(self) -> dict[str, Any]:
        try:
            stamps = json.loads((self.folder / _STAMPS).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamps if isinstance(stamps, dict) else {}

    def _stamp(self, path: Path, sha256: str) -> None:
        stat = path.stat()
        stamps = {**self._stamps(), str(path.resolve()): [stat.st_size, stat.st_mtime_ns, sha256]}
        scratch = self.folder / f"{_STAMPS}.{os.getpid()}"
        # A folder that cannot be written costs a hash at each start, not the start.
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            scratch.write_text(json.dumps(stamps, indent=1), encoding="utf-8")
            scratch.replace(self.folder / _STAMPS)

    @contextlib.contextmanager
    def _lock(self, progress: Progress) -> Iterator[None]:
        with (self.folder / ".lock").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress.note("Another process is fetching models into the same folder; waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def available_memory() -> int:
    """Bytes that a new process may use: the machine's available memory, or less where a cgroup says so."""
    available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) * 1024
    with contextlib.suppress(OSError, ValueError):  # "max" (no limit) is not a number
        limit = int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
        used = int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii"))
        available = min(available, limit - used)
    return available


def choose_tier(asked: str | None = None, available: int | None = None) -> str:
    """The tier: what was asked for (or LOCAL_AI_TIER), else by available memory in bytes. Raises ModelError."""
    asked = asked or os.environ.get("LOCAL_AI_TIER") or None
    if asked is None:
        return "small" if (available_memory() if available is None else available) < SMALL_BELOW else "standard"
    if asked not in TIERS:
        raise ModelError(f"LOCAL_AI_TIER is {asked!r}. Set it to one of {', '.join(TIERS)}, or leave it unset.")
    return asked


def open_folder(folder: str | Path | None = None) -> ModelFiles:
    """The models in `folder`, else LOCAL_AI_MODEL_DIR, else `.engram/models`.

    The places that were not chosen are still looked into for a file that is already there.
    """
    named = [folder, os.environ.get("LOCAL_AI_MODEL_DIR"), Path(".engram") / "models"]
    places = list(dict.fromkeys(Path(place) for place in named if place))
    return ModelFiles(places[0], also=places[1:])


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch and check the models of one tier. Exit status 0; 1 with the reason on stderr; 130 if interrupted."""
    parser = argparse.ArgumentParser(prog="python -m local_ai.model_files", description=main.__doc__)
    parser.add_argument("--tier", choices=TIERS, help="default: by available memory, or LOCAL_AI_TIER")
    parser.add_argument("--model-dir", help="default: LOCAL_AI_MODEL_DIR, or .engram/models")
    options = parser.parse_args(arguments)
    with open_progress() as progress:
        try:
            files = open_folder(options.model_dir)
            tier = choose_tier(options.tier)
            paths = files.prefetch(tier, progress)
        except ModelError as error:
            progress.note(f"error: {error}")
            return 1
        except KeyboardInterrupt:
            progress.note("Interrupted. What has arrived is kept; the next run goes on from there.")
            return 130
        progress.note(f"Models for tier {tier}: {len(paths)} files checked in {files.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
