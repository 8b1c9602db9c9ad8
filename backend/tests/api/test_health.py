"""Health, readiness and what a page must know first: checked, not constant."""

import asyncio

from backend.api.routers import health
from backend.tests.api.conftest import Service, StartService
from backend.tests.conftest import free_port


async def test_health_tells_that_it_is_alive_in_which_environment(open_service: Service) -> None:
    answer = (await open_service.client.get("/health")).json()
    assert set(answer) == {"status", "version", "environment", "timestamp"}
    assert (answer["status"], answer["environment"]) == ("healthy", "development")


async def test_ready_reports_each_part_and_a_failing_gateway_as_degraded(start_service: StartService) -> None:
    async with start_service(azure_ai_key="", azure_voicelive_endpoint="http://127.0.0.1:9") as service:
        response = await service.client.get("/ready")
        assert response.status_code == 200
        answer = response.json()
        assert answer["status"] == "degraded"
        assert answer["database"]["status"] == answer["memory"]["status"] == "ok"
        assert answer["gateway"]["status"] == "failing"
        assert "AZURE_AI_KEY" in answer["gateway"]["detail"]


async def test_ready_is_503_without_its_database_and_health_stays_200(start_service: StartService) -> None:
    async with start_service() as service:
        await service.services.database.pool.close()
        response = await service.client.get("/ready")
        assert response.status_code == 503
        assert response.json()["status"] == "unavailable"
        assert response.json()["database"]["status"] == "failing"
        assert response.headers["retry-after"]
        assert (await service.client.get("/health")).status_code == 200


async def test_many_who_ask_at_once_share_one_check(start_service: StartService) -> None:
    async with start_service() as service:
        checks = 0
        database = service.services.database
        check = database.check

        async def counted() -> None:
            nonlocal checks
            checks += 1
            await check()

        database.check = counted  # type: ignore[method-assign]
        answers = await asyncio.gather(*(service.client.get("/ready") for _ in range(20)))
        assert [answer.status_code for answer in answers] == [200] * 20
        assert checks == 1
        assert health.CHECK_AGAIN_S <= 10


async def test_config_tells_how_to_sign_in_and_what_to_set(start_service: StartService) -> None:
    async with start_service(azure_ai_endpoint="") as service:
        answer = (await service.client.get("/api/v1/config")).json()
        assert (answer["auth_mode"], answer["level"], answer["environment"]) == (
            "dev_tokens",
            "development",
            "development",
        )
        assert answer["chat"]["configured"] is False
        assert "AZURE_AI_ENDPOINT" in answer["chat"]["remedy"]
        assert "AZURE_VOICELIVE_ENDPOINT" in answer["voice"]["remedy"]


async def test_config_of_the_open_level_says_that_nobody_signs_in(open_service: Service) -> None:
    answer = (await open_service.client.get("/api/v1/config")).json()
    assert (answer["auth_mode"], answer["level"]) == ("none", "poc")
    assert (answer["sign_in"], answer["entra"]) == ({"configured": True, "remedy": None}, None)
    assert answer["chat"] == {"configured": True, "remedy": None}


async def test_agents_are_listed_as_the_page_needs_them_and_without_their_persona(open_service: Service) -> None:
    response = await open_service.client.get("/api/v1/agents")
    agents = response.json()["agents"]
    assert [agent["id"] for agent in agents] == ["elena", "marcus"]
    for agent in agents:
        assert set(agent) == {"id", "name", "title", "expertise", "greeting", "colour", "voice_name"}
        assert (await open_service.client.get(f"/api/v1/agents/{agent['id']}")).json() == agent
    assert "You are" not in response.text


async def test_a_zep_that_is_down_is_told_and_costs_no_answer(start_service: StartService) -> None:
    async with start_service(zep_api_key="the-secret-key", zep_api_url=f"http://127.0.0.1:{free_port()}") as service:
        state = (await service.client.get("/ready")).json()
        assert (state["status"], state["zep"]["status"]) == ("degraded", "failing")
        assert "ZEP_API_URL" in state["zep"]["detail"]
        assert "the-secret-key" not in str(state)
        assert (await service.ask("Hello", token="dev_ada_analyst")).status_code == 200
