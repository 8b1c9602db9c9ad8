"""What a check found, and how it is told: a line for people, an object for programs, an exit code for scripts."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from backend.core.problems import Problem

State = Literal["ok", "not configured", "warning", "failed"]

_MARKS: dict[State, str] = {"ok": "ok  ", "not configured": "-   ", "warning": "warn", "failed": "FAIL"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    symptom: how the fault shows, in the words of the operating procedure (9.1, 9.2) where it has them; cause; remedy:
    what to do. All three are empty where nothing is wrong; then `detail` says what was seen.
    """

    check: str
    state: State
    detail: str = ""
    symptom: str = ""
    cause: str = ""
    remedy: str = ""


def ok(check: str, detail: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", detail)


def absent(check: str, detail: str, remedy: str) -> Finding:
    """It is not there, and need not be."""
    return Finding(check, "not configured", detail, remedy=remedy)


def warned(check: str, symptom: str, cause: str, remedy: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(check, "warning", symptom=symptom, cause=cause, remedy=remedy)


def failed(check: str, symptom: str, cause: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, "failed", symptom=symptom, cause=cause, remedy=remedy)


def of_problem(check: str, problem: Problem, symptom: str = "", remedy: str = "") -> Finding:
    """What a room reported; its detail names cause and remedy already."""
    cause, _, advice = problem.detail.partition(". ")
    return failed(check, symptom or problem.title, cause.rstrip(".") + ".", remedy or advice or problem.detail)


def setting(check: str, refusal: str) -> Finding:
    """A refusal of the settings: "NAME: cause. remedy"."""
    name, _, rest = refusal.partition(": ")
    cause, _, remedy = rest.partition(". ")
    return failed(check, f"The service does not start: {name}", cause + ".", remedy)


def exit_code(findings: Iterable[Finding]) -> int:
    """0: nothing failed; 1: something did."""
    return int(any(finding.state == "failed" for finding in findings))


def as_lines(findings: Sequence[Finding]) -> list[str]:
    """For people."""
    wide = max((len(finding.check) for finding in findings), default=0)
    lines: list[str] = []
    for finding in findings:
        said = finding.detail or finding.symptom
        lines.append(f"{_MARKS[finding.state]}  {finding.check:<{wide}}  {said}")
        indent = " " * (wide + 8)
        if finding.cause:
            lines.append(f"{indent}cause:  {finding.cause}")
        if finding.remedy:
            lines.append(f"{indent}remedy: {finding.remedy}")
    return lines


def as_object(level: str, findings: Sequence[Finding]) -> dict[str, Any]:
    """For programs."""
    return {"level": level, "ok": exit_code(findings) == 0, "findings": [asdict(finding) for finding in findings]}
