"""The built page is served from the API's own port, deep links included; what is not there is not a page."""

from collections.abc import AsyncIterator

import pytest

from backend.tests.api.conftest import Service, StartService, problem


@pytest.fixture(scope="module")
async def pages(start_service: StartService, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """A service with a built page, beside a file that is none of it."""
    root = tmp_path_factory.mktemp("ui")
    dist = root / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>Engram</title>")
    (dist / "assets" / "index-abc.js").write_text("export {}")
    (root / "secret.txt").write_text("not for you")
    (dist / "link.txt").symlink_to(root / "secret.txt")
    async with start_service(auth_required=False, ui_dir=dist) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/voice", "/episodes/abc", "/some.where/deep", "/apinion"])
async def test_the_page_answers_at_every_deep_link(pages: Service, path: str) -> None:
    response = await pages.client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "Engram" in response.text
    assert response.headers["cache-control"] == "no-cache"


async def test_assets_are_kept_for_ever_by_the_browser(pages: Service) -> None:
    response = await pages.client.get("/assets/index-abc.js")
    assert response.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/health/deep", "/assets/gone.js", "/favicon.ico"])
async def test_what_is_not_there_is_a_404_and_not_the_page(pages: Service, path: str) -> None:
    problem(await pages.client.get(path, headers={"Accept": "*/*"}), 404)


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/link.txt", "//etc/passwd", "/a%00b"]
)
async def test_no_path_leads_out_of_the_page(pages: Service, path: str) -> None:
    response = await pages.client.get(path)
    assert "not for you" not in response.text
    assert "root:" not in response.text


async def test_without_a_build_the_answer_says_how_to_get_one(open_service: Service) -> None:
    document = problem(await open_service.client.get("/voice"), 404)
    assert "make run" in document["detail"]
