"""Readings: named choices for the places where the article is ambiguous or contradicts itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.base.texts import text
from backchannel_lib.model.calendar import phase_at
from backchannel_lib.model.case import Case, case_from
from backchannel_lib.model.tables import load_readings
from backchannel_lib.model.verdict import Verdict, judge


@dataclass(frozen=True)
class Reading:
    """One way to read one place in the article.

    Args:
        name: Its name, which `judge` takes.
        choice: The place in the article; a reading excludes the other readings of the same choice.
        default: Whether this reading applies unless another one is chosen.
        claims: Ids of the claims that support it.

    Source:
        data/readings.csv.

    Examples:
        >>> READINGS["range_and_credible"].choice
        'levers'
    """

    name: str
    choice: str
    default: bool
    claims: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The reading as a sentence for a reader."""
        return text(f"reading.{self.name}")


class _Readings(Mapping[str, Reading]):
    """The readings by name; the table loads on first use."""

    @functools.cached_property
    def _rows(self) -> dict[str, Reading]:
        return {row.reading: Reading(*row) for row in load_readings()}

    def __getitem__(self, name: str) -> Reading:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


READINGS: Final[Mapping[str, Reading]] = _Readings()


@dataclass(frozen=True)
class Agreement(RichDisplay):
    """How much a verdict depends on how you read the article.

    Args:
        verdict: The verdict under the defaults.
        verdicts: The verdict under each of the other readings, by name.

    Source:
        data/readings.csv.

    Examples:
        >>> agreement = readings_agree(Case(scripted=True))
        >>> agreement.stands, agreement.total, agreement.changed
        (6, 7, ('scripted_is_embarrassment',))
    """

    verdict: Verdict
    verdicts: Mapping[str, Verdict]

    @property
    def total(self) -> int:
        """How many other readings were tried."""
        return len(self.verdicts)

    @property
    def stands(self) -> int:
        """How many of the other readings leave the verdict unchanged."""
        return sum(verdict == self.verdict for verdict in self.verdicts.values())

    @property
    def changed(self) -> tuple[str, ...]:
        """The readings that would change the verdict."""
        return tuple(name for name, verdict in self.verdicts.items() if verdict != self.verdict)


def readings_agree(case: Case | None = None, when: datetime | None = None, **fields: object) -> Agreement:
    """Judge a case under every reading.

    Args:
        case: The case.
        when: The moment of the contact, as in `phase_at`; if given, each reading takes the phase from it.
        **fields: Fields that differ from the defaults, instead of ``case``; see `Case.replace`.

    Raises:
        CaseError: As in `judge`, or ``when`` is not a date with a time.

    Source:
        data/readings.csv.

    Examples:
        >>> readings_agree(recommender="trusted_peer", specifics=True).stands
        7
    """
    case = case_from(case, fields)
    with_phase = case if when is None else case.replace(phase=phase_at(when))
    verdicts = {}
    for name, reading in READINGS.items():
        if not reading.default:
            read = case if when is None else case.replace(phase=phase_at(when, reading=name))
            verdicts[name] = judge(read, reading=name).verdict
    return Agreement(judge(with_phase).verdict, MappingProxyType(verdicts))
