"""The article's rules implemented a second time: slowly, plainly, and without the library, its tables or its conditions.

The tests compare the library's answers with these. Nothing here is imported from `backchannel_lib` or read from `data/`, so a
mistake there can't repeat itself here. If the two differ, the article decides which one is right.
"""

# ruff: noqa: C901, PLR0912, SIM108, SIM110 - one `if` per row, so that each can be compared with the article

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

BACKFIRES: Final = 0
IGNORED: Final = 1
SKIMMED: Final = 2
DECLINED: Final = 3
FALLBACK_SEAT: Final = 4
FILE_READ: Final = 5
MAYBE: Final = 6
PHONE_INTERVIEW: Final = 7
OFFER_IN_PLAY: Final = 8

STEP_2_CK_ENDS_AT: Final = 300
SCORES_END_AT: Final = 999

Facts = Mapping[str, Any]


class PlainAnswer(NamedTuple):
    """What the article says would happen.

    Args:
        verdict: 0 to 8.
        caps: The best that each link allows.
        limiting: The links that hold the verdict down.
        rules: For each link, the rules that set its cap.
    """

    verdict: int
    caps: dict[str, int]
    limiting: set[str]
    rules: dict[str, set[str]]


def answer(case: Facts, reading: str | None = None) -> PlainAnswer:
    """Judge a case, given as its fields by name."""
    links = {
        "message": message(case, reading),
        "levers": levers(case, reading),
        "attention": attention(case, reading),
        "paper": paper(case, reading),
        "timing": timing(case),
    }
    caps = {}
    rules = {}
    for link, found in links.items():
        cap = None
        for allowed in found.values():
            if cap is None or (link == "attention" and allowed > cap) or (link != "attention" and allowed < cap):
                cap = allowed
        assert cap is not None
        caps[link] = cap
        rules[link] = {rule for rule, allowed in found.items() if allowed == cap}
    verdict = OFFER_IN_PLAY
    for cap in caps.values():
        verdict = min(verdict, cap)
    limiting = {link for link, cap in caps.items() if cap == verdict}
    return PlainAnswer(verdict, caps, limiting, rules)


def known_there(case: Facts) -> bool:
    """Whether the program has met the student, or someone it trusts introduced them."""
    return bool(case["prior_contact"]) or bool(case["introduced"])


def has_capital(case: Facts) -> bool:
    """Whether the caller's word counts there."""
    return (
        case["recommender"] == "trusted_peer" or case["recommender"] == "subspecialist" or case["recommender"] == "known_dean"
    )


def meets_a_need(case: Facts) -> bool:
    """Whether the student has something that the program needs."""
    for need in ("language", "local", "track", "coverage"):
        if need in case["needs"] and need in case["offers"]:
            return True
    return False


def has_a_flag(case: Facts) -> bool:
    """Whether the file has a flag that can be explained."""
    if case["failed_attempts"] > 0:
        return True
    if case["failed_clerkship"] or case["leave_of_absence"]:
        return True
    return bool(case["specialty_switch"] or case["boards_pending"])


def is_explained(case: Facts) -> bool:
    """Whether someone with standing explains the flag and says how they know."""
    return bool(case["addresses_flag"] and case["specifics"] and has_capital(case))


def message(case: Facts, reading: str | None) -> dict[str, int]:
    """What the contact itself allows."""
    found = {}
    if case["move"] == "pressure":
        found["pressure"] = BACKFIRES
    if case["move"] == "mass_blast":
        found["mass_blast"] = IGNORED
    if case["move"] == "generic_letter":
        found["generic_letter"] = IGNORED
    if case["scripted"]:
        found["scripted"] = SKIMMED if reading == "scripted_is_embarrassment" else IGNORED
    if case["move"] == "direct_email":
        if known_there(case):
            found["warm_email"] = FILE_READ
        else:
            found["cold_email"] = IGNORED
    elif not case["specifics"]:
        if case["recommender"] == "trusted_peer" or case["recommender"] == "subspecialist":
            found["short_vouch"] = OFFER_IN_PLAY if reading == "vouch_is_enough" else FILE_READ
        else:
            found["vague"] = SKIMMED
    if not found:
        found["message_clear"] = OFFER_IN_PLAY
    return found


def levers(case: Facts, reading: str | None) -> dict[str, int]:
    """Whether at least one of the three levers is there."""
    if reading == "range_and_credible":
        has_one = case["score"] >= case["range_low"] and has_capital(case)
    else:
        competitive = True
        if case["professionalism_issue"] or case["chronic_poor_performance"]:
            competitive = False
        if case["needs_visa"] and not case["sponsors_visas"]:
            competitive = False
        if case["score"] < case["range_low"] or has_a_flag(case):
            competitive = False
        has_one = competitive or has_capital(case) or meets_a_need(case)
    if has_one:
        return {"some_lever": OFFER_IN_PLAY}
    return {"no_lever": IGNORED}


def attention(case: Facts, reading: str | None) -> dict[str, int]:
    """How much attention the caller and a met need can get; the highest counts."""
    found = {}
    who = case["recommender"]
    if has_capital(case) and case["track_record"] == 0:
        found["burned_caller"] = SKIMMED
    elif who == "trusted_peer":
        found["trusted_peer"] = OFFER_IN_PLAY
    elif who == "subspecialist":
        found["subspecialist"] = OFFER_IN_PLAY
    elif who == "known_dean":
        found["known_dean"] = FILE_READ
        if case["track_record"] == 3:
            found["proven_dean"] = PHONE_INTERVIEW
    elif who == "random_dean":
        found["random_dean"] = FILE_READ if reading == "home_dean_is_any_dean" else SKIMMED
    elif who == "unconnected_faculty":
        found["stranger"] = SKIMMED
    elif who == "self":
        found["own_voice"] = SKIMMED
        if known_there(case):
            found["own_voice_known"] = FILE_READ
    if meets_a_need(case):
        found["need_met"] = PHONE_INTERVIEW
    return found


def paper(case: Facts, reading: str | None) -> dict[str, int]:
    """What the file allows."""
    found = {}
    seat = bool(case["has_noncategorical_seat"])
    caught = seat and reading == "seat_catches_flags"
    if case["professionalism_issue"] or case["chronic_poor_performance"]:
        found["beyond_repair"] = DECLINED
    ruled_out = case["failed_attempts"] > 0 and not case["interviews_failures"]
    if reading == "explanation_first" and is_explained(case):
        ruled_out = False
    if ruled_out:
        if caught:
            found["flagged_with_seat"] = FALLBACK_SEAT
        else:
            found["failure_policy"] = DECLINED
    if case["needs_visa"] and not case["sponsors_visas"]:
        if caught:
            found["flagged_with_seat"] = FALLBACK_SEAT
        else:
            found["visa_policy"] = DECLINED
    if case["score"] < case["range_floor"]:
        if seat:
            found["far_below_with_seat"] = FALLBACK_SEAT
        else:
            found["far_below"] = DECLINED
    if has_a_flag(case):
        if is_explained(case):
            found["flag_explained"] = MAYBE
        elif caught:
            found["flagged_with_seat"] = FALLBACK_SEAT
        else:
            found["flag_unexplained"] = DECLINED
    if case["score"] < case["range_low"]:
        found["borderline"] = MAYBE
    if not found:
        found["in_range"] = OFFER_IN_PLAY
    return found


def timing(case: Facts) -> dict[str, int]:
    """What the timing allows."""
    if case["phase"] == "groundwork":
        return {"groundwork": PHONE_INTERVIEW}
    if case["phase"] == "soap_lists":
        if case["lists_open"]:
            return {"lists_open": PHONE_INTERVIEW}
        return {"lists_chosen": FILE_READ}
    if case["phase"] == "gap_filling":
        if case["name_familiar"] and case["file_in_system"]:
            return {"second_call": OFFER_IN_PLAY}
        return {"late_first_call": SKIMMED}
    if case["hears_first"] and case["names_you"] and case["outruns_hr"] and case["deep_ties"]:
        return {"opening_secured": OFFER_IN_PLAY}
    return {"opening_missed": SKIMMED}


def is_of_one_exam(case: Facts) -> bool:
    """Whether all three scores are from Step 2 CK, or all three from Level 2; otherwise there is no verdict."""
    above = 0
    for name in ("score", "range_low", "range_floor"):
        if case[name] > STEP_2_CK_ENDS_AT:
            above += 1
    return above in {0, 3}


def is_a_case(case: Facts) -> bool:
    """Whether fields that depend on each other fit, so that there is a verdict."""
    if case["range_floor"] > case["range_low"]:
        return False
    if (case["recommender"] == "self") != (case["move"] == "direct_email"):
        return False
    return is_of_one_exam(case)


# ---- fields that are unknown ----


def values_of(name: str) -> list[Any]:
    """List every value that a field can take; for a count without an upper limit, enough of them."""
    needs = ("language", "local", "track", "coverage")
    if name in {"score", "range_low", "range_floor"}:
        return list(range(1, SCORES_END_AT + 1))
    if name == "failed_attempts":
        return [0, 1, 2, 3]
    if name == "intensity":
        return list(range(11))
    if name == "track_record":
        return [None, 0, 1, 2, 3]
    if name in {"needs", "offers"}:
        return [frozenset(chosen) for size in range(5) for chosen in itertools.combinations(needs, size)]
    if name == "phase":
        return ["groundwork", "soap_lists", "gap_filling", "post_soap"]
    if name == "recommender":
        return ["trusted_peer", "subspecialist", "known_dean", "random_dean", "unconnected_faculty", "self"]
    if name == "move":
        return [
            *("targeted_call", "flag_explanation", "internal_push", "formal_email"),
            *("generic_letter", "mass_blast", "pressure", "direct_email"),
        ]
    return [False, True]


def every_case(case: Facts, unknown: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the case with all values that its unknown fields can take together."""
    names = list(unknown)
    for values in itertools.product(*(values_of(name) for name in names)):
        one = {**case, **dict(zip(names, values, strict=True))}
        if is_a_case(one):
            yield one


def open_verdicts(case: Facts, unknown: Iterable[str], reading: str | None = None) -> set[int]:
    """Return every verdict that is possible, by trying every value."""
    return {answer(one, reading).verdict for one in every_case(case, unknown)}


def left_by(case: Facts, unknown: Iterable[str], name: str, reading: str | None = None) -> dict[Any, set[int]]:
    """Return, for each value of one unknown field, the verdicts that are possible with it."""
    left: dict[Any, set[int]] = {}
    for one in every_case(case, unknown):
        left.setdefault(one[name], set()).add(answer(one, reading).verdict)
    return left


# ---- the clock and the NRMP's rule ----


def third_friday_of_march(year: int) -> date:
    """Find Match Day by looking at every day of March."""
    fridays = [date(year, 3, day) for day in range(1, 32) if date(year, 3, day).isoweekday() == 5]
    return fridays[2]


def eastern_clock(when: datetime) -> datetime:
    """Return what a clock in New York shows; a moment without a time zone is already on that clock.

    Daylight saving time begins on the second Sunday of March at 7:00 am UTC and ends on the first Sunday of November at 6:00.
    """
    if when.tzinfo is None:
        return when
    greenwich = when.astimezone(timezone.utc).replace(tzinfo=None)  # noqa: UP017 - spelled out
    sundays = [date(greenwich.year, 3, day) for day in range(1, 32) if date(greenwich.year, 3, day).isoweekday() == 7]
    begins = datetime(greenwich.year, 3, sundays[1].day, 7)
    sundays = [date(greenwich.year, 11, day) for day in range(1, 31) if date(greenwich.year, 11, day).isoweekday() == 7]
    ends = datetime(greenwich.year, 11, sundays[0].day, 6)
    return greenwich - timedelta(hours=4 if begins <= greenwich < ends else 5)


def is_inside_window(when: datetime) -> bool:
    """Whether the NRMP's rule applies: from Monday 10:00 am of Match Week until Thursday 9:00 pm, Eastern Time."""
    clock = eastern_clock(when)
    friday = third_friday_of_march(clock.year)
    monday, thursday = friday - timedelta(days=4), friday - timedelta(days=1)
    begins = datetime(monday.year, monday.month, monday.day, 10)
    ends = datetime(thursday.year, thursday.month, thursday.day, 21)
    return begins <= clock < ends


def phase(when: datetime, reading: str | None = None) -> str:
    """Return the article's phase at a moment."""
    clock = eastern_clock(when)
    if clock.month >= 7:
        return "groundwork"
    friday = third_friday_of_march(clock.year)
    monday = friday - timedelta(days=4)
    today = clock.date()
    if today < monday or (today == monday and clock.hour < 12):
        return "groundwork"
    if today < monday + timedelta(days=3):
        return "soap_lists"
    if today < friday or (today == friday and reading != "friday_in_phase_3"):
        return "gap_filling"
    return "post_soap"


def allowed(case: Facts, when: datetime | None = None) -> str:
    """Return what the NRMP's rule says about the contact: ``not_allowed``, ``ask_first`` or ``allowed``.

    Without a moment, the phase decides: the two phases of SOAP are in the window, and the others aren't.
    """
    if when is not None:
        inside = is_inside_window(when)
    else:
        inside = case["phase"] == "soap_lists" or case["phase"] == "gap_filling"
    if not inside:
        return "allowed"
    if case["move"] == "internal_push":
        return "ask_first"
    if not case["program_contacted_first"]:
        return "not_allowed"
    if case["recommender"] == "self":
        return "allowed"
    return "ask_first"
