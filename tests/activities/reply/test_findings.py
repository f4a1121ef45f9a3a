"""The reply checker: what it finds in good and bad emails, its known mistakes, and what's true for any text."""

from __future__ import annotations

import csv
import io
import random
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backchannel_lib import CaseError, TableError
from backchannel_lib.activities.reply.findings import (
    LIMITS,
    ReplyCheck,
    check_reply,
    load_reply_findings,
    load_reply_points,
    read_up_to,
)
from backchannel_lib.activities.reply.phrases import (
    ROLES,
    load_reply_phrases,
    patterns_among,
    phrase_pattern,
    words_of,
)
from backchannel_lib.activities.reply.structure import plain_text
from backchannel_lib.base.texts import all_words, text

ROOT = Path(__file__).resolve().parents[3]
EMAILS: list[dict[str, Any]] = tomllib.loads(
    (ROOT / "tests" / "activities" / "reply" / "emails.toml").read_text(encoding="utf-8")
)["email"]
BY_ID: dict[str, str] = {email["id"]: email["text"] for email in EMAILS}
KNOWN_MISSES = [email for email in EMAILS if "says" in email]
FINDINGS = [row.finding for row in load_reply_findings()]
MISSING = [row.finding for row in load_reply_findings() if row.kind == "missing"]
GOOD = [
    email["text"]
    for email in EMAILS
    if not email["findings"] and "says" not in email and check_reply(email["text"]).state == "read"
]


def ids(check: ReplyCheck) -> list[str]:
    """List the ids of the findings."""
    return [found.finding for found in check.findings]


# ---- emails ----


@pytest.mark.parametrize("email", EMAILS, ids=lambda email: email["id"])
def test_each_email_has_exactly_the_expected_findings(email: dict[str, Any]) -> None:
    """They're what a careful reader would find, or exactly what is listed as a mistake."""
    assert sorted(ids(check_reply(email["text"]))) == sorted(email.get("says", email["findings"]))


def test_there_are_emails_of_every_kind() -> None:
    """There are many good and bad ones, every finding is expected in one, and every listed mistake is a mistake."""
    assert len({email["id"] for email in EMAILS}) == len(EMAILS) >= 56
    nearly = [email for email in EMAILS if len(email["findings"]) <= 1]
    assert len(nearly) >= 24
    assert len(EMAILS) - len(nearly) >= 24
    assert {name for email in EMAILS for name in email["findings"]} == set(FINDINGS)
    assert all(sorted(email["says"]) != sorted(email["findings"]) and email["note"] for email in KNOWN_MISSES)


SENTENCES_BY_KIND: dict[str, dict[str, list[str]]] = tomllib.loads(
    (ROOT / "tests" / "activities" / "reply" / "sentences.toml").read_text(encoding="utf-8")
)


@pytest.mark.slow
@pytest.mark.parametrize("finding", SENTENCES_BY_KIND)
def test_each_kind_of_problem_is_told_apart_from_harmless_sentences(finding: str) -> None:
    """Every sentence that a reader of the article would flag is flagged, and none that only looks similar."""
    kind = SENTENCES_BY_KIND[finding]
    assert [sentence for sentence in kind["finds"] if finding not in ids(check_reply(sentence))] == []
    lacking = set(MISSING) - {finding}  # a sentence alone also lacks things, which is irrelevant here
    assert [sentence for sentence in kind["passes"] if set(ids(check_reply(sentence))) - lacking] == []


LINK = "Dr. Osei suggested that I write. "
FILE = "My CV and AAMC ID are attached."


@pytest.mark.parametrize(
    ("content", "findings"),
    [
        ("My name is Dr. A. R. I did not match and would value an interview with you. " + FILE, ["no_introducer"]),
        ("Thank you for interviewing me in December; it was a pleasure meeting you. " + FILE, []),
        ("Dr. O., thank you; moving you to bcc. Dr. H., my CV and AAMC ID are attached.", []),
        ("Dr. P. is happy to speak on my behalf.", ["no_cv", "no_eras_id"]),
        (LINK + FILE + " I would move heaven and earth for this spot.", ["plea"]),
        (LINK + FILE + " I joined a marrow donor club.", []),
        (LINK + FILE + " There is no need to reply today.", []),
        (LINK + FILE + " I did research on debt and burnout.", []),
        ("My name is Dr. Omar Said, and I hope that you will read this. " + FILE, ["no_introducer"]),
        ("My letters are from Dr. Finch and Dr. Beal. " + FILE, ["no_introducer"]),
        ("I appreciated the chance to interview with you last month. " + FILE, []),
        ("I would appreciate the chance to interview with you. " + FILE, ["no_introducer"]),
        (LINK + FILE + " I am sending this by bcc to twenty programs.", ["several_programs"]),
        (LINK + FILE + " I do not expect an answer by Friday.", []),
        (LINK + FILE + " I expect an answer by Friday.", ["pressure"]),
        (LINK + FILE + " You asked for an answer by noon: yes, I am free.", []),
        (LINK + FILE + " My study of why patients beg for earlier listing is in it.", []),
    ],
)
def test_the_meaning_of_a_sentence_decides_and_not_a_single_word(content: str, findings: list[str]) -> None:
    """A past interview is a link, but not one hoped for. A word in a refusal or a topic is neither a plea nor pressure."""
    assert ids(check_reply(f"Dear Dr. Hale,\n\n{content}\n\nBest,\nAna")) == findings


# ---- what's true for any text ----

SENTENCES = {
    "life_story": "My father died when I was nine.",
    "lifelong_dream": "This has been my dream since childhood.",
    "plea": "I beg you to help me.",
    "pressure": "You owe me an answer.",
    "several_programs": "I am writing to many programs.",
}
TEXTS = st.text(max_size=400) | st.lists(
    st.sampled_from(
        [*(part for text in BY_ID.values() for part in re.split(r"(?<=[.,:\n])", text)), "> ", "\r\n", "…", "\ud800"]
    ),
    max_size=25,
).map("".join)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_finding_quotes_the_text(text: str) -> None:
    """Any text can be read, and a finding's spans have its words, in order and without overlap."""
    check = check_reply(text)
    for found in check.findings:
        assert (found.seen == ()) == (found.kind == "missing")
        assert all(check.text[seen.start : seen.end] == seen.words and seen.words.strip() for seen in found.seen)
        assert all(one.end <= other.start for one, other in zip(found.seen, found.seen[1:], strict=False))
    assert 0 <= check.counts.sentences <= check.counts.words
    assert ids(check) == [name for name in FINDINGS if name in ids(check)]
    assert check == check_reply(text)


@pytest.mark.parametrize("finding", SENTENCES)
@given(data=st.data())
def test_one_more_sentence_is_one_more_finding(finding: str, data: st.DataObject) -> None:
    """Inserted anywhere in a good email, it adds its own finding with a quote, and nothing else."""
    text = data.draw(st.sampled_from(GOOD))
    own = re.split(r"(?m)^(?:On Mon|-----)", text)[0]
    ends = [match.end() for match in re.finditer(r"(?<=[a-zA-Z)]{3})(?<!Prof)[.!](?=\s)", own)]
    place = data.draw(st.sampled_from(ends))
    check = check_reply(f"{text[:place]} {SENTENCES[finding]}{text[place:]}")
    assert ids(check) == [finding]
    assert all(seen.words in SENTENCES[finding] for seen in check.findings[0].seen)


@given(st.sampled_from([email["text"] for email in EMAILS if ">" not in email["text"]]), st.randoms(use_true_random=False))
def test_whitespace_does_not_matter(text: str, chance: random.Random) -> None:
    """More spaces, tabs and Windows line endings between words don't change the findings."""
    spread = re.sub(r"(?<=\S) (?=\S)", lambda _: chance.choice([" ", "  ", "\t", " \u00a0"]), text).replace("\n", "\r\n")
    assert ids(check_reply(spread)) == ids(check_reply(text))
    assert check_reply(spread).counts == check_reply(text).counts


BODY = ["Dr. Osei suggested that I write.", "My CV and ERAS ID are attached.", "I am interested in your program."]


@given(st.permutations([*BODY, *SENTENCES.values()]), st.integers(0, 8), st.randoms(use_true_random=False))
def test_the_order_of_sentences_does_not_matter(sentences: list[str], number: int, chance: random.Random) -> None:
    """Nor does it matter where lines break between words."""
    kept = [sentence for sentence in sentences if sentence in BODY] + [s for s in sentences if s not in BODY][:number]
    chance.shuffle(kept)
    body = re.sub(" ", lambda _: chance.choice([" ", "\n"]), " ".join(kept))
    check = check_reply(f"Dear Dr. Hale,\n\n{body}\n\nBest,\nAna")
    assert ids(check) == [name for name in FINDINGS if SENTENCES.get(name) in kept]
    assert check.counts.sentences == len(kept)


@pytest.mark.slow
@pytest.mark.parametrize("quote", ["'", "’", "‘", "ʼ", "`"])
def test_curly_apostrophes_are_read_like_straight_ones(quote: str) -> None:
    """A contraction is read like the words written out."""
    check = check_reply(f"I don{quote}t know what else to do. I{quote}m begging.")
    assert [seen.words for seen in check.findings[-1].seen] == [f"don{quote}t know what else to", f"I{quote}m begging"]
    for email in EMAILS:
        assert ids(check_reply(email["text"].replace("'", quote))) == ids(check_reply(email["text"]))


@pytest.mark.slow
@given(st.sampled_from(GOOD), st.sampled_from(list(BY_ID.values())))
def test_a_quoted_message_below_is_not_read(content: str, older: str) -> None:
    """Whatever it says and however it's quoted, it adds no finding, and the result says so."""
    quoted = "\n".join(f"> {line}" for line in older.splitlines())
    for below in (
        f"On Mon, Mar 16, 2026 at 9:12 AM, Dr. Lund <lund@example.org> wrote:\n{older}",
        f"On Monday Dr. Lund\n<lund@example.org> wrote:\n{older}",
        f"-------- Forwarded message --------\n{older}",
        f"From: Dr. Lund\nSent: Monday\nTo: all\n{older}",
        quoted,
    ):
        check = check_reply(f"{content}\n\n{below}")
        assert ids(check) == []
        assert text("reply.left_out.quoted") in check.notes
    assert check_reply(f"\n{quoted}").state == "empty"


@given(TEXTS)
def test_the_rule_on_contact_comes_with_every_result(content: str) -> None:
    """The result also says what the checker can't see."""
    check = check_reply(content)
    assert check.contact_rule == text("reply.contact_rule")
    assert "only after it has contacted you" in check.contact_rule
    assert check.facts[0] == "soap_rule.no_first_contact"
    assert all(f"fact.{fact}" in all_words() for fact in check.facts)
    assert check.limits == tuple(text(f"reply.limit.{limit}") for limit in LIMITS)
    assert check.sentence


@given(TEXTS)
@example("CV:ERAS:ID:DR:0:YOU")  # nothing is found in it
def test_no_result_says_that_an_email_is_right(content: str) -> None:
    """All of the article's points are left to the student, and a result without findings says so."""
    check = check_reply(content)
    assert tuple(point.row for point in check.points) == load_reply_points()
    assert check.findings or check.state != "read" or "doesn't mean" in check.sentence
    assert all(point.sentence == "" for point in check.points) or check.state == "read"


# ---- what it says ----


@pytest.mark.parametrize(
    ("content", "state", "word_id"),
    [
        ("", "empty", "reply.empty"),
        (" \n\t . ! 👋", "empty", "reply.empty"),
        ("> quoted only", "empty", "reply.empty"),
        ("尊敬的医生，我对贵院很感兴趣。", "not_english", "reply.not_english"),
        ("Уважаемый доктор, я очень прошу вас.", "not_english", "reply.not_english"),
        (BY_ID["plain-good"], "read", "reply.nothing_found"),
        (BY_ID["nearly-no-cv"], "read", "reply.found_one"),
    ],
)
def test_each_kind_of_result_has_its_own_summary(content: str, state: str, word_id: str) -> None:
    """The kinds are nothing to read, another language, no findings and one finding."""
    check = check_reply(content)
    assert (check.state, check.sentence) == (state, text(word_id))
    assert check.findings == () or word_id == "reply.found_one"


def test_more_findings_are_counted_in_the_summary() -> None:
    """That's if there is more than one."""
    check = check_reply(BY_ID["nearly-no-cv"].replace("ERAS ID", "number"))
    assert len(check.findings) == 2
    assert check.sentence == text("reply.found_more", number=2)


@pytest.mark.parametrize("row", load_reply_findings(), ids=lambda row: row.finding)
def test_every_finding_says_what_why_and_what_to_do(row: Any) -> None:
    """Each has a name, a reason, a suggestion and claims, and no suggestion contains a sentence to paste."""
    content = next(email["text"] for email in EMAILS if row.finding in email["findings"] and "says" not in email)
    found = next(found for found in check_reply(content).findings if found.finding == row.finding)
    assert (found.kind, found.claims, found.assumption) == (row.kind, row.claims, row.assumption)
    assert found.label == text(f"reply.{row.finding}.words")
    assert found.reason == text(f"reply.{row.finding}.reason")
    assert found.suggestion == text(f"reply.{row.finding}.suggestion")
    assert row.claims
    assert not re.search(r"\b(I|me|my)\b|[\"“”]|:", found.suggestion)  # nothing in the student's voice


@pytest.mark.parametrize(("length", "cut"), [(19_999, False), (20_000, False), (20_001, True), (60_000, True)])
def test_a_very_long_text_is_truncated_with_a_note(length: int, cut: bool) -> None:
    """Up to 20,000 characters are read."""
    content = "I beg you. ".ljust(length - 6, "x") + " dream"
    check = check_reply(content)
    assert read_up_to() == 20_000
    assert len(content) == length
    assert check.cut == cut
    assert check.notes == ((text("reply.was_cut", number=20_000),) if cut else ())
    assert ("lifelong_dream" in ids(check)) == (not cut)


@pytest.mark.parametrize("value", [None, 5, b"Dear Dr. Hale", ["Dear"]])
def test_anything_but_text_is_rejected(value: Any) -> None:
    """The error gives the field, what it accepts and the value."""
    with pytest.raises(CaseError) as caught:
        check_reply(value)
    assert (caught.value.field, caught.value.rule, caught.value.value) == ("text", "not_text", value)
    assert str(caught.value).startswith("text: must be text, but it is ")


# ---- taking an email apart ----


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One is here. Two is here.", 2),
        ("Dr. Hale of the U.S. team and Prof. A. B. Lund, Ph.D., M.D., e.g. at St. Mary, met us.", 1),
        ("My score is 3.8 of 4.0 today.", 1),
        ("Is it so?! Yes... It is.", 3),
        ("Here is a paragraph without a stop\n\nand here is another one without", 2),
        ("Here is a line that\nruns over two lines.", 1),
        ("Dear Dr. Hale,\n\nOne is here.\n\nBest,\nAna Ruiz, Lakeside School of Medicine", 1),
        ("Dear Dr. Hale, One is here. Best, Ana", 1),
        ("To: a@example.org\nSubject: A long line that is no sentence\n\nOne is here.", 1),
        ("One is here.\n\nThank you,\nAna\n\nP.S. Two is here.", 2),
        ("Thank you for your time.", 1),
        ('He said "One is here." Two is here.', 2),
        ("I’m here! 😊 You’re there!", 2),
        ("Ana", 0),
    ],
)
def test_text_is_split_into_sentences_as_a_reader_would(text: str, sentences: int) -> None:
    """Abbreviations and numbers don't end a sentence, and greetings, signatures and header lines aren't sentences."""
    assert check_reply(text).counts.sentences == sentences


@pytest.mark.parametrize(("number", "found"), [(0, False), (1, False), (2, False), (3, True), (5, True)])
def test_two_sentences_of_interest_are_enough(number: int, found: bool) -> None:
    """Up to two are fine. From three on, each one is quoted in full, once."""
    interest = ["I am very interested and keen on it.", "It excites me.", "I admire it.", "It fascinates me.", "I am thrilled."]
    check = check_reply(" ".join([*BODY[:2], *interest[:number]]))
    assert check.counts.interest == number
    assert ("much_interest" in ids(check)) == found
    if found:
        assert [seen.words for seen in check.findings[-1].seen] == interest[:number]


@pytest.mark.parametrize(
    ("to", "several"),
    [
        ("To: a@x.example.org", False),
        ("To: a@x.example.org, b@x.example.org", False),
        ("To: a@im.example.org, b@peds.example.org", False),
        ("To: a@example.org, b@example.com", True),
        ("TO: A@Example.org; B@EXAMPLE.ORG", False),
        ("Cc: a@example.org, b@example.com", False),
        ("Subject: a@example.org, b@example.com", False),
    ],
)
def test_several_institutions_in_the_to_line_are_several_programs(to: str, several: bool) -> None:
    """That's so only in the To line."""
    check = check_reply(f"{to}\n\nDear Dr. Hale,\n\n{' '.join(BODY)}")
    assert ids(check) == (["several_programs"] if several else [])
    if several:
        assert [seen.words for seen in check.findings[0].seen] == ["a@example.org", "b@example.com"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Dear Dr. Hale, Dr. Osei suggested that I write.", True),
        ("Dear Dr. Hale, I write to you, Dr. Hale.", False),
        ("Dear Dr. Hale, I write to you.\n\nBest,\nDr. Osei", False),
        ("Dear Dr. Hale, my mentor suggested that I write.", False),
        ("Dear Dr. Hale, my mentor Femi Osei suggested that I write.", True),
        ("Dear Dr. Hale, the dean of my school suggested it.", False),
        ("Dear Dr. Hale, Dean Osei suggested it.", True),
    ],
)
def test_an_introducer_has_a_name(text: str, named: bool) -> None:
    """The person is named in a sentence, and isn't the one who is greeted."""
    assert ("no_introducer" not in ids(check_reply(text))) == named


@pytest.mark.parametrize("name", MISSING)
def test_nothing_is_reported_missing_from_a_script(name: str) -> None:
    """Text written for someone else to send isn't a reply."""
    assert name in ids(check_reply("Hello there."))
    assert ids(check_reply("Hello there. Please send this to your friend.")) == ["script_for_other"]


# ---- phrases ----


@pytest.mark.parametrize(
    "phrase",
    [
        *("(a+)+", "a+", "[a-z]", "a.b", "a\\w", "(a", "a)", "((a|b)|c)", "(|)", "(a)", "... a", "a ...", "* a", "a ... * b"),
        *("a * * b", "a ... b ... c ... d", "(a|...)", "a{2}", "<nobody>", "a|b", "^a", "", " "),
    ],
)
def test_a_phrase_in_the_wrong_form_is_rejected(tmp_path: Path, phrase: str) -> None:
    """A phrase has plain words and a few special signs. Anything else, such as a regular expression, is rejected."""
    rows = [
        ["phrase", "counts_for", "form", "claims", "example"],
        ["a good one", "plea", "counts", "", "a good one"],
        [phrase, "plea", "counts", "", "x"],
    ]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    path = tmp_path / "reply_phrases.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_reply_phrases(path)
    assert str(caught.value).startswith("reply_phrases.csv, row 3, column phrase: expected a phrase of plain words with ")


@pytest.mark.parametrize(
    ("phrase", "line", "found"),
    [
        ("beg you", "I BEG you ", True),
        ("beg you", "I beg your ", False),
        ("beg you", "I beg \nyou ", False),
        ("dream*", "my dreams ", True),
        ("dream*", "my daydream ", False),
        ("take * home", "take me home ", True),
        ("take * home", "take home ", False),
        ("take ... home", "take home ", True),
        ("take ... home", "take a b c d e f home ", True),
        ("take ... home", "take a b c d e f g home ", False),
        ("take (me|us all|) home", "take us all home ", True),
        ("take (me|us all|) home", "take home ", True),
        ("take (me|us all|) home", "take us home ", False),
        ("age #", "age 12 ", True),
        ("age #", "age twelve ", False),
        ("by <doctor>", "by Prof Osei ", True),
        ("by <doctor>", "by dean osei ", False),
        ("by <doctor>", "by dean Osei ", True),
        ("<name> said", "and Osei said ", True),
        ("<name> said", "Osei said ", False),
        ("<name> said", "and I said ", False),
        ("at <place>", "at St Luke s Medical Center ", True),
        ("at <place>", "at a hospital ", False),
        ("i'm here", "I am here ", True),
        ("hard-working", "hard working ", True),
    ],
)
def test_the_special_signs_in_a_phrase_match_what_they_should(phrase: str, line: str, found: bool) -> None:
    """They never match across lines."""
    assert bool(phrase_pattern(phrase).search(line)) == found


def test_no_phrase_can_take_exponential_time() -> None:
    """No pattern has an unbounded group or nested repetition."""
    for row in load_reply_phrases():
        pattern = phrase_pattern(row.phrase).pattern
        assert not re.search(r"\)(?:[*+]|\{\d+,\})", pattern), row.phrase
        for group in re.findall(r"\(\?:([^()]*(?:\([^()]*\)[^()]*)*)\)\{\d+,\d+\}", pattern):
            assert not re.search(r"\)\{", group), row.phrase


@pytest.mark.parametrize("role", ROLES)
def test_every_phrase_is_found_in_its_example(role: str) -> None:
    """Every role has phrases, and each phrase cites a claim that its finding names."""
    rows = [row for row in load_reply_phrases() if row.counts_for == role]
    assert any(row.form == "counts" for row in rows)
    claims = {claim for row in load_reply_findings() if role in row.looks_for for claim in row.claims}
    claims |= {claim for row in load_reply_points() if role in row.looks_for for claim in row.claims}
    for row in rows:
        assert phrase_pattern(row.phrase).search(f"and {line_of(row.example)}"), row.phrase
        known = {word.lower() for word, _, _ in words_of(line_of(row.example))}
        assert phrase_pattern(row.phrase) in patterns_among(role, row.form, known), row.phrase
        assert set(row.claims) <= claims, row.phrase
        assert bool(row.claims) == bool(claims), row.phrase


def line_of(text: str) -> str:
    """Return words as they are in the checker's lines."""
    return "".join(f"{word} " for word, _, _ in words_of(plain_text(text.replace("-", " "))))


@pytest.mark.parametrize(
    ("with_it", "without", "finding"),
    [
        ("I can send my CV later.", "This is my CV.", "no_cv"),
        ("I am not asking for any position.", "I ask for any position.", "plea"),
        (
            "I trained at Mercy Hospital and Riverside Clinic.",
            "I apply at Mercy Hospital and Riverside Clinic.",
            "several_programs",
        ),
        ("I have never rotated with you.", "I have rotated with you.", "no_introducer"),
        ("They are interested. I admire it. I am thrilled.", "I am interested. I admire it. I am thrilled.", "much_interest"),
    ],
)
def test_a_canceling_phrase_cancels_only_what_it_overlaps(with_it: str, without: str, finding: str) -> None:
    """It cancels phrases of its own role there, which still count elsewhere."""
    assert (finding in ids(check_reply(with_it))) != (finding in ids(check_reply(without)))
    if finding in MISSING:
        assert finding not in ids(check_reply(f"{with_it} {without}"))


@pytest.mark.parametrize(
    ("column", "text", "rule"),
    [
        ("kind", "mising", "one of missing, present"),
        ("looks_for", "", "some text"),
        ("looks_for", "plea plae", "one of plea, "),
        ("not_with", "plae", "one of plea, "),
        ("allowed", "-1", "a whole number from 0 to 9"),
        ("allowed", "10", "a whole number from 0 to 9"),
        ("finding", " ", "some text"),
    ],
)
def test_a_broken_table_of_findings_is_rejected(tmp_path: Path, column: str, text: str, rule: str) -> None:
    """The error gives the location of the invalid cell."""
    rows = list(csv.reader((ROOT / "data" / "reply_findings.csv").read_text(encoding="utf-8").splitlines()))
    rows[2][rows[0].index(column)] = text
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    path = tmp_path / "reply_findings.csv"
    path.write_text(out.getvalue(), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        load_reply_findings(path)
    assert str(caught.value).startswith(f"reply_findings.csv, row 3, column {column}: expected {rule}")
