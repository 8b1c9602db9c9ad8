"""How Azure AI names things in addresses: Foundry hosts, project paths, resource ids (SOP 1.1)."""

import re

FOUNDRY_SUFFIX = ".services.ai.azure.com"
AZURE_AI_SUFFIXES = (FOUNDRY_SUFFIX, ".openai.azure.com", ".cognitiveservices.azure.com")
"""Hosts that take a managed identity's token; a gateway in front of them may not."""

PROJECT_PATH = re.compile(r"/api/projects/(?P<project>[^/]+)/?")
RESOURCE_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.CognitiveServices"
    r"/accounts/(?P<account>[^/]+)(/projects/(?P<project>[^/]+))?",
    re.IGNORECASE,
)
