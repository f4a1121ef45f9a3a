"""A case: one student, one program and one contact, in one flat, checked record."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from backchannel_lib.base.errors import CaseError
from backchannel_lib.base.formatting import suggestions
from backchannel_lib.base.rich_display import RichDisplay
from backchannel_lib.model.cells import read_cell

Kind = Literal["number", "flag", "choice", "set"]

NEEDS: Final = ("language", "local", "track", "coverage")
RECOMMENDERS: Final = (
    "trusted_peer",
    "subspecialist",
    "known_dean",
    "random_dean",
    "unconnected_faculty",
    "self",
)
MOVES: Final = (
    "targeted_call",
    "flag_explanation",
    "internal_push",
    "formal_email",
    "generic_letter",
    "mass_blast",
    "pressure",
    "direct_email",
)
PHASES: Final = ("groundwork", "soap_lists", "gap_filling", "post_soap")
MOST_COUNT: Final = 1_000_000_000  # for counts without a limit of their own, so that they fit every integer type we use


@dataclass(frozen=True)
class Field:
    """The values that one field of a case can take.

    Args:
        name: The field's name, the same in Python, CSV and JSON.
        kind: ``number``, ``flag`` (True or False), ``choice`` (one level) or ``set`` (any of the levels).
        default: Its value if none is given.
        low: Lowest number allowed; None unless the kind is ``number``.
        high: Highest number allowed; None if there is no upper limit or the kind isn't ``number``.
        levels: The allowed levels of a choice or a set, best first.
        optional: Whether None ("not known") is allowed.
        blank_is_default: Whether a blank cell means the default; otherwise it is rejected.
        label_ids: Prefixes of the text ids for its levels' labels; the level's name follows the prefix.

    Examples:
        >>> Case.fields()["track_record"].check(3)
        3
    """

    name: str
    kind: Kind
    default: object
    low: int | None = None
    high: int | None = None
    levels: tuple[str, ...] = ()
    optional: bool = False
    blank_is_default: bool = True
    label_ids: tuple[str, ...] = ()

    def check(self, value: object) -> Any:
        """Return the value in the form a case stores it in.

        Args:
            value: NumPy scalars count as numbers and flags, and a set can be written ``"language|local"``.

        Returns:
            An int, a bool, a level, a frozenset of levels, or None.

        Raises:
            CaseError: The value breaks the field's rule.

        Examples:
            >>> Case.fields()["needs"].check("local|language") == {"language", "local"}
            True
        """
        if value is None and self.optional:
            return None
        if self.kind == "flag":
            return self._flag(value)
        if self.kind == "number":
            return self._number(value)
        if self.kind == "choice":
            if isinstance(value, str) and value in self.levels:
                return value
            raise CaseError(self.name, "level", value, levels=suggestions(value, self.levels))
        return self._set(value)

    def read(self, text: object) -> Any:
        """Return the value that a table cell, a record in a file or a control holds.

        Args:
            text: A text such as ``"241"``, ``"Yes"``, ``"Trusted Peer"`` or a label from the screen, or an already typed
                value. A blank means the default, but a blank score is an error.

        Raises:
            CaseError: The text isn't one of the allowed values.

        Examples:
            >>> Case.fields()["failed_attempts"].read("2.0"), Case.fields()["scripted"].read("No")
            (2, False)
        """
        return read_cell(self, text)

    @property
    def most(self) -> int:
        """The highest number allowed, which is ``MOST_COUNT`` if the field sets no limit."""
        return MOST_COUNT if self.high is None else self.high

    def _flag(self, value: object) -> bool:
        if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "") == "b":
            return bool(value)
        raise CaseError(self.name, "flag", value)

    def _number(self, value: object) -> int:
        number = None if isinstance(value, bool) else _whole(value)
        long = isinstance(value, str) and value.strip().isdecimal() and len(value.strip().lstrip("0")) > len(str(MOST_COUNT))
        if self.high is None and (long or (number is not None and number > MOST_COUNT)):
            raise CaseError(self.name, "too_large", value, high=MOST_COUNT)
        if number is None or (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            rule = "at_least" if self.high is None else "range"
            raise CaseError(self.name, rule, value, low=self.low, high=self.high)
        return number

    def _set(self, value: object) -> frozenset[str]:
        if isinstance(value, str):
            value = [part.strip() for part in value.split("|") if part.strip()]
        if not isinstance(value, Iterable) or isinstance(value, Mapping):
            raise CaseError(self.name, "set", value, levels=suggestions(value, self.levels))
        members = list(value)
        for member in members:
            if not isinstance(member, str) or member not in self.levels:
                raise CaseError(self.name, "set", member, levels=suggestions(member, self.levels))
        return frozenset(members)


def _whole(value: object) -> int | None:
    """Return an int for an int, a NumPy integer or a float without a fraction, and None for anything else."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    try:
        return int(value.__index__())  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        return None


def _number(default: int | None, low: int, high: int | None, *, optional: bool = False) -> Any:
    return dataclasses.field(default=default, metadata={"kind": "number", "low": low, "high": high, "optional": optional})


def _flag(default: bool) -> Any:
    return dataclasses.field(default=default, metadata={"kind": "flag"})


def _choice(default: str, levels: tuple[str, ...]) -> Any:
    return dataclasses.field(default=default, metadata={"kind": "choice", "levels": levels})


def _set() -> Any:
    return dataclasses.field(default=frozenset(), metadata={"kind": "set", "levels": NEEDS})


@dataclass(frozen=True, kw_only=True)
class Case(RichDisplay):
    """One student's file, one program, one contact, and its timing.

    All arguments are keywords with checked values and defaults, so you only name what is special about a case.

    Args:
        score: Board score, 1 to 999 points: Step 2 CK, or COMLEX-USA Level 2 if the program's range is on that scale.
        range_low: Bottom of the scores that this program usually interviews for a categorical seat, 1 to 999 points.
        range_floor: A score below this is far below the bar; 1 to 999 points, at most ``range_low``.
        failed_attempts: Failed Step or Level attempts, 0 or more.
        boards_pending: A required board result is still missing.
        specialty_switch: The student changed specialty.
        leave_of_absence: The student took a leave of absence.
        failed_clerkship: The student failed a clerkship.
        needs_visa: The student needs a visa.
        professionalism_issue: The file shows a major professionalism issue.
        chronic_poor_performance: The record is poor across the board.
        interviews_failures: The program still interviews applicants with a failed attempt.
        sponsors_visas: The program sponsors visas.
        has_noncategorical_seat: The program has a prelim or other non-categorical seat open.
        needs: What the program urgently needs, any of ``NEEDS``.
        offers: Which of those needs the student's application meets.
        recommender: Who makes the contact, one of ``RECOMMENDERS``, best first.
        move: How they make it, one of ``MOVES``; ``direct_email`` comes from the student and requires ``self``.
        specifics: The contact gives specifics that change perceived risk.
        addresses_flag: The contact explains the flag as a single event, from firsthand knowledge.
        scripted: The student wrote the message for the recommender.
        intensity: How warm the praise is, 0 to 10.
        track_record: How many of this caller's last three residents there worked out, 0 to 3; None if unknown.
        prior_contact: The student rotated or interviewed there.
        introduced: Someone the program trusts made the introduction.
        phase: One of ``PHASES``.
        lists_open: In ``soap_lists``: the program is still choosing whom to interview.
        name_familiar: In ``gap_filling``: an earlier contact named the student.
        file_in_system: In ``gap_filling``: the program already has the file.
        hears_first: In ``post_soap``: someone inside hears about an opening first.
        names_you: In ``post_soap``: that person names the student right away.
        outruns_hr: In ``post_soap``: that person gets the PD and GME to act before the HR process catches up.
        deep_ties: In ``post_soap``: the student has deep ties to the institution or division.
        program_contacted_first: The program has already contacted the student or their school; only the rules check uses this.

    Raises:
        CaseError: A field breaks its rule; the message names the field, the rule and the value.

    Source:
        paper.checklist, levers.any-of-three, need.match-gives-traction, timing.three-phases. We added the floor.

    Examples:
        >>> case = Case(score=228, recommender="known_dean", needs={"local"}, offers={"local"})
        >>> case.score, case.move, sorted(case.needs)
        (228, 'formal_email', ['local'])
        >>> Case(score=1200)
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: score: must be a whole number from 1 to 999, but it is 1200.
    """

    score: int = _number(240, 1, 999)
    range_low: int = _number(235, 1, 999)
    range_floor: int = _number(220, 1, 999)
    failed_attempts: int = _number(0, 0, None)
    boards_pending: bool = _flag(False)
    specialty_switch: bool = _flag(False)
    leave_of_absence: bool = _flag(False)
    failed_clerkship: bool = _flag(False)
    needs_visa: bool = _flag(False)
    professionalism_issue: bool = _flag(False)
    chronic_poor_performance: bool = _flag(False)
    interviews_failures: bool = _flag(True)
    sponsors_visas: bool = _flag(True)
    has_noncategorical_seat: bool = _flag(False)
    needs: frozenset[str] = _set()
    offers: frozenset[str] = _set()
    recommender: str = _choice("unconnected_faculty", RECOMMENDERS)
    move: str = _choice("formal_email", MOVES)
    specifics: bool = _flag(False)
    addresses_flag: bool = _flag(False)
    scripted: bool = _flag(False)
    intensity: int = _number(5, 0, 10)
    track_record: int | None = _number(None, 0, 3, optional=True)
    prior_contact: bool = _flag(False)
    introduced: bool = _flag(False)
    phase: str = _choice("soap_lists", PHASES)
    lists_open: bool = _flag(True)
    name_familiar: bool = _flag(False)
    file_in_system: bool = _flag(False)
    hears_first: bool = _flag(False)
    names_you: bool = _flag(False)
    outruns_hr: bool = _flag(False)
    deep_ties: bool = _flag(False)
    program_contacted_first: bool = _flag(False)

    def __post_init__(self) -> None:
        store = self.__dict__  # the class is frozen, so checked values bypass setattr
        for name, field in _FIELDS.items():
            if store[name] is not field.default:  # most are, and a default needs no check
                store[name] = field.check(store[name])
        self._check_together()

    def _check_together(self) -> None:
        if self.range_floor > self.range_low:
            raise CaseError("range_floor", "floor_above_low", self.range_floor, range_low=self.range_low)
        if (self.recommender == "self") != (self.move == "direct_email"):
            raise CaseError("move", "move_goes_with_self", self.move, recommender=self.recommender)

    @staticmethod
    def fields() -> Mapping[str, Field]:
        """Return every field of a case with its kind, default, range and levels.

        Returns:
            A read-only mapping from field name to `Field`, in the order of the record.

        Examples:
            >>> Case.fields()["score"].low, Case.fields()["phase"].levels[1]
            (1, 'soap_lists')
        """
        return _FIELDS_VIEW

    def replace(self, **changes: object) -> Case:
        """Return the same case with some fields changed.

        ``self`` and ``direct_email`` go together. If you change only the recommender or only the move, the other one follows:
        to ``direct_email`` or ``self``, or back to ``formal_email`` or ``unconnected_faculty``.

        Args:
            **changes: New values by field name.

        Raises:
            CaseError: A field does not exist, or a new value breaks a rule.

        Examples:
            >>> Case().replace(recommender="self").move
            'direct_email'
        """
        case = object.__new__(Case)
        store = case.__dict__
        store.update(self.__dict__)
        for name, value in changes.items():
            if name not in _FIELDS:
                raise CaseError(name, "unknown_field", value, known=suggestions(name, _FIELDS))
            if value is not store[name]:  # a stored value has already been checked
                store[name] = _FIELDS[name].check(value)
        if "move" not in changes:
            if store["recommender"] == "self":
                store["move"] = "direct_email"
            elif store["move"] == "direct_email":
                store["move"] = "formal_email"
        elif "recommender" not in changes:
            if store["move"] == "direct_email":
                store["recommender"] = "self"
            elif store["recommender"] == "self":
                store["recommender"] = "unconnected_faculty"
        case._check_together()
        return case

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> Case:
        """Read a case from a CSV row or a JSON object.

        Args:
            record: Values by field name, as text or typed; missing fields take their defaults.

        Raises:
            CaseError: ``record`` is not a mapping, a field does not exist, or a value breaks a rule.

        Examples:
            >>> Case.from_record({"score": "251", "needs": "language|local", "track_record": ""}).score
            251
        """
        if not isinstance(record, Mapping):
            raise CaseError("record", "mapping", record)
        values = {}
        for name, text in record.items():
            if name not in _FIELDS:
                raise CaseError(name, "unknown_field", text, known=suggestions(name, _FIELDS))
            values[name] = _FIELDS[name].read(text)
        refuse_default_clash(values)
        return cls(**values)

    def to_record(self) -> dict[str, int | bool | str | None]:
        """Return the case as a flat record for CSV or JSON.

        Returns:
            Every field by name; a set becomes ``"language|local"``, in the order of its levels.

        Examples:
            >>> Case(needs={"local", "language"}).to_record()["needs"]
            'language|local'
        """
        return {
            name: "|".join(level for level in field.levels if level in self.__dict__[name])
            if field.kind == "set"
            else self.__dict__[name]
            for name, field in _FIELDS.items()
        }


def refuse_default_clash(given: Mapping[str, Any]) -> None:
    """Reject a range bottom or a floor that conflicts with the default of the other one.

    Args:
        given: Checked values by field name; missing fields take their defaults.

    Raises:
        CaseError: Only one of the two is given, and it conflicts with the other's default.

    Examples:
        >>> refuse_default_clash({"range_low": 215})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        backchannel_lib.base.errors.CaseError: range_low: must not be less than range_floor, which is 220 by default, ...
    """
    low, floor = Case.range_low, Case.range_floor
    if "range_floor" not in given and (value := given.get("range_low", low)) < floor:
        usual = max(1, value - (low - floor))
        raise CaseError("range_low", "default_floor", value, default=floor, floor=usual)
    if "range_low" not in given and (value := given.get("range_floor", floor)) > low:
        raise CaseError("range_floor", "default_range", value, default=low)


def case_from(case: Case | None, fields: Mapping[str, object]) -> Case:
    """Return the case that a function was given, or build one from its keyword arguments.

    Raises:
        CaseError: The caller gave both or neither, ``case`` is not a `Case`, or a field breaks its rule.

    Examples:
        >>> case_from(None, {"recommender": "self"}).move
        'direct_email'
    """
    if fields and case is not None:
        raise CaseError("case", "case_and_fields", case, fields=", ".join(fields))
    if fields:
        numbers = {name: fields[name] for name in ("range_low", "range_floor") if name in fields}
        if all(isinstance(number, int) for number in numbers.values()):
            refuse_default_clash(numbers)
        return Case().replace(**fields)
    if not isinstance(case, Case):
        raise CaseError("case", "not_a_case", case)
    return case


_LABEL_IDS: Final = {"needs": ("level.need.", "offer."), "offers": ("level.need.", "offer.")}
_FIELDS: Final[dict[str, Field]] = {
    field.name: Field(
        name=field.name,
        default=field.default,
        **field.metadata,
        blank_is_default=field.name != "score",  # a verdict on an invented score would be worse than none
        label_ids=_LABEL_IDS.get(field.name, (f"level.{field.name}.", f"short.{field.name}.")),
    )
    for field in dataclasses.fields(Case)
}
_FIELDS_VIEW: Final = MappingProxyType(_FIELDS)
