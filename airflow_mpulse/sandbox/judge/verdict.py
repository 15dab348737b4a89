# SPDX-License-Identifier: Apache-2.0
"""
What the judge says: findings, and the verdict that they add up to.

No rule stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that a rule found.

    :param field: Name of the field, as it stands on the wire.
    :param wrong: What is wrong, without a full stop.
    :param mend: How to mend it, without a full stop.
    :param source: Tags of the sources of the rule.
    :param is_problem: False for a mere warning: mPulse is likely to take the beacon, but not as meant.
    """

    field: str
    wrong: str
    mend: str
    source: str
    is_problem: bool = True

    def sentence(self) -> str:
        """
        Say it.

        :return: One sentence that starts with the field's name and ends with the source.
        """
        return f"{self.field}: {self.wrong}; {self.mend} ({self.source})."


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The sandbox's own opinion of a beacon; mPulse itself tells a sender nothing.

    :param valid: True if there are no problems.
    :param problems: Sentences that say why mPulse would drop the beacon or a part of it.
    :param warnings: Sentences about what mPulse takes, but perhaps not as meant.
    :param findings: What the sentences are made of.
    """

    valid: bool
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Verdict:
        """
        Add findings up.

        :param findings: Findings of all rules.
        :return: The verdict, with the sentences in the order of the findings.
        """
        kept = tuple(findings)
        problems = tuple(finding.sentence() for finding in kept if finding.is_problem)
        warnings = tuple(finding.sentence() for finding in kept if not finding.is_problem)
        return cls(valid=not problems, problems=problems, warnings=warnings, findings=kept)

    def as_json(self) -> dict[str, object]:
        """
        Write the verdict for the inspection interface.

        :return: Values that JSON can hold.
        """
        return {"valid": self.valid, "problems": list(self.problems), "warnings": list(self.warnings)}
