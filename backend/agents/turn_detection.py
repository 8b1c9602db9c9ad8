"""How an assistant takes turns: a typed part of its profile. VoiceLive and the local stand-in get the same.

Ranges are those within which a conversation works; VoiceLive publishes none. Fields that are left out have its own
defaults, but for those that make an assistant easy to talk to: semantic detection, end of utterance, fillers.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

BACKCHANNELS = (
    "mm", "mhm", "mm-hm", "mm-hmm", "mmhm", "mmm", "hm", "hmm", "uh-huh", "uh huh", "aha", "uh", "um", "umm", "er",
    "erm", "ah", "oh", "huh", "okay", "ok", "yeah", "yep", "right", "i see",
)  # fmt: skip
"""Signs of listening: the service's own list (ah, umm, mm, uh, huh, oh, yeah, hmm) and how others are transcribed."""

Phrase = Annotated[str, Field(pattern=r"^[^\W_A-Z]+(?:[ '-][^\W_A-Z]+)*$", max_length=40)]


class EndOfUtterance(BaseModel):
    """Whether a pause ends the turn, told from the words and not from silence alone.

    threshold_level: how sure it has to be; timeout_ms: how long it waits for more at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: Literal["semantic_detection_v1", "semantic_detection_v1_en", "semantic_detection_v1_multilingual"] = (
        "semantic_detection_v1"
    )
    threshold_level: Literal["low", "medium", "high", "default"] = "default"
    timeout_ms: int = Field(default=1000, ge=100, le=5000)


class TurnDetection(BaseModel):
    """When the person's turn begins and ends.

    threshold: how likely it must be speech, 0 to 1. prefix_padding_ms: sound kept from before the first voiced one.
    speech_duration_ms: speech shorter than this begins no turn. silence_duration_ms: the pause after which the turn may
    be over. remove_filler_words: the service lets fillers pass while it answers. languages: BCP 47, what is spoken.
    interrupt_response: speech stops the answer. auto_truncate: the service itself shortens its memory of it.
    backchannels: words, in lower case, that do not interrupt; these stay here and are not sent.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal[
        "azure_semantic_vad", "azure_semantic_vad_en", "azure_semantic_vad_multilingual", "server_vad", "semantic_vad"
    ] = "azure_semantic_vad"
    threshold: float | None = Field(default=None, ge=0.05, le=0.95)
    prefix_padding_ms: int | None = Field(default=None, ge=0, le=2000)
    speech_duration_ms: int | None = Field(default=None, ge=0, le=1000)
    silence_duration_ms: int | None = Field(default=None, ge=100, le=3000)
    remove_filler_words: bool = True
    languages: tuple[str, ...] = ()
    create_response: bool = True
    interrupt_response: bool = True
    auto_truncate: bool = False
    end_of_utterance_detection: EndOfUtterance | None = EndOfUtterance()
    backchannels: tuple[Phrase, ...] = BACKCHANNELS

    @model_validator(mode="after")
    def _fields_fit_the_type(self) -> "TurnDetection":
        azure = self.type.startswith("azure_")
        if self.languages and self.type not in ("azure_semantic_vad", "azure_semantic_vad_multilingual"):
            raise ValueError(f"{self.type} takes no languages; azure_semantic_vad_multilingual does.")
        if self.speech_duration_ms is not None and not azure:
            raise ValueError(f"{self.type} takes no speech_duration_ms; the azure_semantic_vad types do.")
        return self

    def wire(self, *, native: bool) -> dict[str, Any]:
        """Return the `turn_detection` of a session. native: the model hears by itself and takes no EOU detection."""
        detection = self.model_dump(exclude={"backchannels"}, exclude_none=True)
        detection["languages"] = list(self.languages)
        if not self.languages:
            del detection["languages"]
        if native or self.type == "semantic_vad":
            detection.pop("end_of_utterance_detection", None)
        if not self.type.startswith("azure_"):
            del detection["remove_filler_words"]
        return detection
