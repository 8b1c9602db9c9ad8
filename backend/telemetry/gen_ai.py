"""The names that spans about a model's work carry: OpenTelemetry's GenAI semantic conventions, v0.1.0 of their own
repository (open-telemetry/semantic-conventions-genai, status: development).

They stand here as text because the Python package of the conventions keeps them in a private module that may change
with each release; a test compares. What the conventions do not name has the prefix `engram.`.
"""

OPERATION = "gen_ai.operation.name"
PROVIDER = "gen_ai.provider.name"
CONVERSATION = "gen_ai.conversation.id"
AGENT = "gen_ai.agent.id"
REQUEST_MODEL = "gen_ai.request.model"
OUTPUT_TYPE = "gen_ai.output.type"
RESPONSE_ID = "gen_ai.response.id"
FINISH_REASONS = "gen_ai.response.finish_reasons"
INPUT_TOKENS = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS = "gen_ai.usage.output_tokens"
TOOL = "gen_ai.tool.name"
ERROR_TYPE = "error.type"

CHAT, EXECUTE_TOOL, RETRIEVAL = "chat", "execute_tool", "retrieval"
"""Values of OPERATION; a span is named `<operation> <model or tool>`."""

FOUNDRY = "microsoft.foundry"
"""PROVIDER of VoiceLive, as the SDK's own instrumentation has it."""
AZURE_OPENAI, OPENAI = "azure.ai.openai", "openai"
"""PROVIDER of a chat gateway: Azure's hosts, and whatever else speaks OpenAI's protocol."""
