"""Which Zep it is, and where: from ZEP_API_KEY, ZEP_API_URL and ZEP_API_VERSION."""

from typing import Protocol
from urllib.parse import urlsplit

from backend.memory.zep.ce import CePort
from backend.memory.zep.oss import OssPort
from backend.memory.zep.port import Dialect, ZepPort
from backend.memory.zep.transport import Transport
from backend.memory.zep.v3 import V3Port
from backend.memory.zep.v4 import V4Port

CLOUD = "https://api.getzep.com"
PREFIX: dict[Dialect, str] = {"v3": "/api/v2", "v4": "/api/v4", "ce": "/api/v2", "oss": "/api/v1"}


class ZepSettings(Protocol):
    """What this room reads of the settings."""

    @property
    def zep_api_key(self) -> str: ...

    @property
    def zep_api_url(self) -> str: ...

    @property
    def zep_api_version(self) -> Dialect: ...


def configured(settings: ZepSettings) -> bool:
    """Whether a Zep is to be used: the cloud takes a key, CE a key and an address; 0.27 may run without a key."""
    if settings.zep_api_version == "oss":
        return bool(settings.zep_api_url)
    return bool(settings.zep_api_key and (settings.zep_api_url or settings.zep_api_version != "ce"))


def base_url(settings: ZepSettings) -> str:
    """Return where the routes begin. ZEP_API_URL may name the host alone or the dialect's prefix as well."""
    url, prefix = (settings.zep_api_url or CLOUD).rstrip("/"), PREFIX[settings.zep_api_version]
    return url if urlsplit(url).path.endswith(prefix) else url + prefix


def authorization(settings: ZepSettings) -> str:
    """Return the Authorization header; '' when there is no key."""
    scheme = "Bearer" if settings.zep_api_version == "oss" else "Api-Key"
    return f"{scheme} {settings.zep_api_key}" if settings.zep_api_key else ""


def port_for(dialect: Dialect, transport: Transport) -> ZepPort:
    """Return the dialect's port over `transport`."""
    if dialect == "v3":
        return V3Port(transport)
    if dialect == "v4":
        return V4Port(transport)
    return CePort(transport) if dialect == "ce" else OssPort(transport)
