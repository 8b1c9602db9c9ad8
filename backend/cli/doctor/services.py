"""What can be told only by asking others: the chat gateway, VoiceLive, the identity services, Zep, a collector. Each is
asked within a bound, as the service itself would ask."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from opentelemetry.sdk.trace.export import SpanExportResult

from backend.agents.mcp import Servers
from backend.agents.profiles import AgentDirectory, McpServer, voice_name
from backend.chat.gateway import Gateway
from backend.cli.doctor.findings import Finding, absent, failed, of_problem, ok, warned
from backend.cli.doctor.here import clock
from backend.core.problems import Problem
from backend.core.settings import Settings
from backend.identity.outgoing import VOICELIVE_SCOPE, Outgoing
from backend.memory.zep import dialects
from backend.memory.zep.port import ZepError
from backend.memory.zep.transport import Transport
from backend.telemetry.exporters import otlp
from backend.voice.voicelive.link import Link, LinkLost, VoiceLive

SLOW_SECONDS = 5.0
"""A one-word answer that takes longer makes every conversation slow."""
CHAT_SECONDS = 30.0
"""For the one word, repetitions that the gateway asks for included."""
CONFIRM_SECONDS = 10.0
_RATE = 24_000

# Symptoms, causes and remedies as the operating procedure prints them (9.1, 9.2).
_DENIED = "Failed to establish WebSocket connection: 401"
_GRANT = "Assign Cognitive Services Speech User to the backend MI at the AI Services resource scope."


async def chat(settings: Settings, outgoing: Outgoing) -> list[Finding]:
    """Ask the deployment for one word: reachability, credential, deployment, quota and speed in one."""
    patience = min(settings.chat_timeout_seconds, CHAT_SECONDS)
    gateway = Gateway(settings.model_copy(update={"chat_timeout_seconds": patience}), outgoing)
    try:
        if not gateway.configured:
            return [absent("chat", "no gateway", "Set AZURE_AI_ENDPOINT, or run `make run` for local models.")]
        begun = time.monotonic()
        question: list[Any] = [{"role": "user", "content": "Answer with the word yes."}]
        await gateway.complete(question, model=settings.azure_ai_deployment, max_tokens=16)
        took = time.monotonic() - begun
    except Problem as problem:
        return [_chat_trouble(problem)]
    finally:
        await gateway.close()
    if took > SLOW_SECONDS:
        return [
            warned(
                "chat",
                "Slow responses",
                f"Model latency: one word took {took:.1f} s.",
                "Check Azure AI status, consider caching.",
            )
        ]
    return [ok("chat", f"{settings.azure_ai_deployment} answered in {took:.1f} s")]


def _chat_trouble(problem: Problem) -> Finding:
    if problem.code == "rate_limited":
        return of_problem("chat", problem, "429 Rate limited", "Implement backoff, check quota.")
    if problem.code in ("gateway_unauthorised", "gateway_no_credential"):
        return of_problem("chat", problem, "401 Unauthorized")
    if problem.code in ("gateway_empty", "gateway_context_too_long"):
        return of_problem("chat", problem, "Empty responses", "Reduce conversation history (HISTORY_TOKEN_BUDGET).")
    if problem.status == 504:
        return of_problem("chat", problem, "Slow responses", "Check Azure AI status, consider caching.")
    return of_problem("chat", problem)


async def voice(settings: Settings, outgoing: Outgoing, agents: AgentDirectory) -> list[Finding]:
    """Open a VoiceLive session at each endpoint, ask for our sound and Elena's voice, and see what is confirmed."""
    urls = settings.voicelive_urls
    if not urls:
        return [
            Finding(
                "voice",
                "not configured",
                symptom="voicelive_configured: false",
                cause="Missing endpoint.",
                remedy="Set AZURE_VOICELIVE_ENDPOINT, or run `make run` for local models.",
            )
        ]
    found = await _credential(settings, outgoing)
    if any(finding.state == "failed" for finding in found):
        return found
    asked_side_by_side = [_endpoint(url, settings, outgoing, agents) for url in urls]
    for url, told in zip(urls, await asyncio.gather(*asked_side_by_side), strict=True):
        # Of several, each finding says whose it is.
        found += told if len(urls) == 1 else [_at(urlsplit(url).netloc, finding) for finding in told]
    return found


def _at(host: str, finding: Finding) -> Finding:
    if finding.detail:
        return replace(finding, detail=f"{host}: {finding.detail}")
    return replace(finding, cause=f"{host}: {finding.cause}")


async def _endpoint(url: str, settings: Settings, outgoing: Outgoing, agents: AgentDirectory) -> list[Finding]:
    try:
        link = await VoiceLive(settings, outgoing).connect(
            url, settings.azure_voicelive_model, timeout=CONFIRM_SECONDS, request_id="doctor"
        )
    except Problem as problem:
        return [_voice_trouble(problem, settings)]
    asked = {
        "modalities": ["text", "audio"],
        "voice": {"type": "azure-standard", "name": voice_name(agents.default, settings)},
        "input_audio_format": "pcm16",
        "output_audio_format": "pcm16",
        "input_audio_sampling_rate": _RATE,
    }
    try:
        given = await asyncio.wait_for(_confirmed(link, asked), CONFIRM_SECONDS)
    except (LinkLost, TimeoutError):
        return [
            failed(
                "voice",
                "WebSocket disconnect",
                "Network timeout: the session was opened and not confirmed.",
                "Increase client timeout, check firewall.",
            )
        ]
    finally:
        await link.close()
    return [
        ok("voice", f"{settings.azure_voicelive_model} opens sessions"),
        _audio(asked, given),
        _speaks(asked, given),
    ]


async def _credential(settings: Settings, outgoing: Outgoing) -> list[Finding]:
    if settings.azure_voicelive_key:
        return [ok("identity", "VoiceLive is reached with a key; a managed identity is preferred")]
    try:
        await outgoing.token(VOICELIVE_SCOPE)
    except Problem as problem:
        return [
            failed(
                "identity",
                "key must be a string, or 401 Unauthorized",
                f"AZURE_VOICELIVE_KEY is missing or empty (API-key mode), and there is no identity: {problem.detail}",
                "Set AZURE_VOICELIVE_KEY (or use Managed Identity auth). Check Managed Identity / Key Vault.",
            )
        ]
    return [ok("identity", f"a token for VoiceLive by {' or '.join(outgoing.proofs)}")]


async def _confirmed(link: Link, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the session that VoiceLive confirms."""
    await link.send({"type": "session.update", "session": asked})
    while True:
        event = orjson.loads(await link.receive())
        if event.get("type") == "session.updated":
            session: dict[str, Any] = event.get("session") or {}
            return session
        if event.get("type") == "error":
            raise LinkLost(1008)


def _audio(asked: dict[str, Any], given: dict[str, Any]) -> Finding:
    names = ("input_audio_format", "output_audio_format", "input_audio_sampling_rate")
    wrong = [name for name in names if given.get(name) not in (asked[name], None)]
    if not wrong:
        return ok("audio", "PCM16, mono, 24 kHz both ways")
    return failed(
        "audio",
        "Audio quality poor",
        f"Codec mismatch: VoiceLive confirmed another {', '.join(wrong)}.",
        "Ensure PCM16, mono; prefer 24kHz (Foundry samples), and resample if needed.",
    )


def _speaks(asked: dict[str, Any], given: dict[str, Any]) -> Finding:
    wanted, name = asked["voice"]["name"], (given.get("voice") or {}).get("name")
    if name == wanted:
        return ok("audio", f"voice {wanted}")
    return warned(
        "audio",
        "The assistant speaks with another voice",
        f"VoiceLive does not have {wanted} here and uses another.",
        "Choose a voice of this region in AZURE_VOICELIVE_VOICE (HD voices exist in some regions only).",
    )


def _voice_trouble(problem: Problem, settings: Settings) -> Finding:
    if problem.code == "voicelive_unauthorised":
        if settings.azure_voicelive_key:
            return of_problem("voice", problem, "401 Unauthorized: invalid credential")
        return failed("voice", _DENIED, "Managed Identity lacks VoiceLive permission.", _GRANT)
    if problem.code in ("voicelive_unreachable", "voicelive_timed_out"):
        return of_problem("voice", problem, "WebSocket disconnect", "Increase client timeout, check firewall.")
    if problem.code == "voicelive_rate_limited":
        return of_problem("voice", problem, "429 Rate limited", "Implement backoff, check quota.")
    return of_problem("voice", problem)


async def sign_in(settings: Settings) -> list[Finding]:
    """Whether the authority that signs callers' tokens answers, is the one that is pinned, and agrees on the time."""
    if settings.auth_mode == "none":
        return [absent("sign-in", "nobody signs in at this level", "Set AUTH_REQUIRED=true for more than a demo.")]
    if settings.auth_mode == "dev_tokens":
        return [ok("sign-in", "development tokens: Authorization: Bearer dev_<user>_<role>")]
    found: list[Finding] = []
    async with httpx.AsyncClient(timeout=CONFIRM_SECONDS) as client:
        for tenant in settings.sign_in_tenants:
            address = f"{settings.entra_authority.rstrip('/')}/{tenant}/v2.0/.well-known/openid-configuration"
            try:
                answer = await client.get(address)
                issuer = answer.raise_for_status().json()["issuer"]
                keys = (await client.get(answer.json()["jwks_uri"])).raise_for_status().json()["keys"]
            except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
                found.append(
                    failed(
                        "sign-in",
                        "401 Unauthorized for everybody",
                        f"The authority of tenant {tenant} does not answer as it should ({type(error).__name__}).",
                        "Check ENTRA_AUTHORITY and AZURE_TENANT_ID, and that the service may call the authority.",
                    )
                )
                continue
            if tenant not in str(issuer).lower():
                found.append(
                    failed(
                        "sign-in",
                        "401 Unauthorized for everybody",
                        "The authority issues for another tenant than the one that is pinned.",
                        "Check AZURE_TENANT_ID: it is the tenant's id, a GUID.",
                    )
                )
                continue
            found.append(ok("sign-in", f"tenant {tenant}, {len(keys)} signing keys"))
            if date := answer.headers.get("date"):
                apart = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
                found.append(clock("authority", apart))
    return found


async def zep(settings: Settings) -> list[Finding]:
    """Whether the copy of the memory in Zep can be kept."""
    if not dialects.configured(settings):
        return [absent("zep", "no copy of the memory is kept", "Set ZEP_API_KEY to keep one in Zep.")]
    transport = Transport(dialects.base_url(settings), dialects.authorization(settings))
    try:
        await dialects.port_for(settings.zep_api_version, transport).check()
    except ZepError as error:
        return [
            failed(
                "zep",
                "Memory features degrade; conversations go on",
                f"Zep does not answer as it should ({error.cause}): {error.detail}",
                "Check ZEP_API_KEY and ZEP_API_URL; ZEP_API_VERSION says what it speaks.",
            )
        ]
    finally:
        await transport.close()
    return [ok("zep", f"answers ({settings.zep_api_version})")]


async def spans(settings: Settings) -> list[Finding]:
    """Whether a collector takes spans. One with none in it is sent."""
    found = []
    if settings.otel_exporter_otlp_endpoint:
        host = urlsplit(settings.otel_exporter_otlp_endpoint).netloc
        how = "gRPC" if settings.otlp_over_grpc else "HTTP"
        exporter = otlp(settings)
        if await asyncio.to_thread(exporter.export, ()) is SpanExportResult.SUCCESS:
            found.append(ok("spans", f"{host} takes them over {how}"))
        else:
            found.append(
                warned(
                    "spans",
                    "No spans arrive; conversations go on",
                    f"{host} does not take OTLP over {how}.",
                    "Check OTEL_EXPORTER_OTLP_ENDPOINT and its headers; collectors take gRPC on 4317 and HTTP on 4318, "
                    "and OTEL_EXPORTER_OTLP_PROTOCOL says which it is elsewhere.",
                )
            )
        await asyncio.to_thread(exporter.shutdown)
    if settings.applicationinsights_connection_string:
        found.append(ok("spans", "Application Insights is named; what it takes is seen there"))
    remedy = "Set OTEL_EXPORTER_OTLP_ENDPOINT or APPLICATIONINSIGHTS_CONNECTION_STRING to have them."
    return found or [absent("spans", "nobody takes them, so none are made", remedy)]


async def tools(settings: Settings, agents: AgentDirectory) -> list[Finding]:
    """Whether each server of tools that a profile names answers, and has what the profile allows."""
    named: dict[str, tuple[McpServer, list[str]]] = {}
    for agent in agents.all():
        for server in agent.mcp_servers:
            named.setdefault(server.model_dump_json(), (server, []))[1].append(agent.id)
    if not named or not (settings.chat_tools or settings.voice_tools):
        said = "no servers of tools are named" if not named else "tools are switched off"
        remedy = "Name one under mcp_servers in a profile" if not named else "Set CHAT_TOOLS or VOICE_TOOLS to true"
        return [absent("tools", said, f"{remedy} (docs/handbook/tools.md).")]
    servers = Servers()
    try:
        told = await asyncio.gather(*(_server(servers, *each) for each in named.values()))
    finally:
        await servers.close()
    return [finding for part in told for finding in part]


async def _server(servers: Servers, config: McpServer, agent_ids: list[str]) -> list[Finding]:
    profiles = " and ".join(f"{agent_id}.yaml" for agent_id in agent_ids)
    seen = await servers.examine(config)
    if seen.trouble:
        where, remedy = config.url, f"Check its address and headers in {profiles}, and the firewall."
        if config.url is None:
            where, remedy = config.command[0], f"Check that its command in {profiles} runs here, and what it prints."
        why, _, advice = seen.trouble.partition(". ")
        cause = f"{config.name} ({where}) does not answer as a server of tools does: {why.rstrip('.')}."
        return [failed("tools", "An assistant says that its tools are not available", cause, advice or remedy)]
    if seen.missing:
        return [
            warned(
                "tools",
                "An assistant does not have a tool that it should",
                f"{config.name} answers and has no {', '.join(seen.missing)}.",
                f"Correct allowed_tools in {profiles}; it has {', '.join(seen.tools) or 'none of them'}.",
            )
        ]
    return [ok("tools", f"{config.name}: {', '.join(seen.tools)}")]
