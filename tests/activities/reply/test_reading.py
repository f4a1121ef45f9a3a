"""What the reply checker reads in a pasted email: HTML, garbled characters, quotes, forwarded mail, footers and languages."""

from __future__ import annotations

import builtins
import itertools
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel_lib.activities.reply.findings import check_reply
from backchannel_lib.activities.reply.placeholders import placeholders
from backchannel_lib.activities.reply.reading import read_email
from backchannel_lib.base.texts import text

OWN = "Dear Dr. Hale,\n\nDr. Osei suggested that I write. My CV and AAMC ID are attached.\n\nBest,\nAna Ruiz"
THEIRS = "I beg you to reply today.\nIt has been my dream since childhood.\nTake any position you have."
MARKED = "\n".join(f"> {line}" for line in THEIRS.split("\n"))
WROTE = "On Mon, Mar 16, 2026 at 9:12 AM Dr. Lund <lund@example.org> wrote:"
LINES = OWN.replace("\n", "<br>")
HEADERS = "From: Dr. Lund <lund@example.org>\nSent: Monday, March 16, 2026 9:12 AM\nTo: Ana\nSubject: Re: file"
FORWARDED = "From: X <x@example.org>\nDate: Mon\nSubject: s\nTo: <a@example.org>"

QUOTED = {
    "below, marked": f"{OWN}\n\n{WROTE}\n{MARKED}",
    "below, not marked": f"{OWN}\n\n{WROTE}\n{THEIRS}",
    "below, over two lines": f"{OWN}\n\n{WROTE.replace(' <lund', chr(10) + '<lund')}\n{THEIRS}",
    "below, in Windows lines": f"{OWN}\n\n{WROTE}\n{MARKED}".replace("\n", "\r\n"),
    "above, marked": f"{WROTE}\n{MARKED}\n\n{OWN}",
    "above, without who wrote": f"{MARKED}\n\n{OWN}",
    "above, one line": f"> I beg you, reply today.\n\n{OWN}",
    "above, not marked": f"{WROTE}\nDear Ana,\n{THEIRS}\nDr. Lund\n\n{OWN}",
    "above, from Outlook": f"-----Original Message-----\n{HEADERS}\n\nDear Ana,\n{THEIRS}\nBest,\nDr. Lund\n\n{OWN}",
    "above, from Outlook, header alone": f"{HEADERS.replace('Lund', 'Hale')}\n\nDear Ana,\n{THEIRS}\nDr. Hale\n\n{OWN}",
    "above, header without a name": f"{HEADERS.replace('Dr. Lund <lund', 'm.hale').replace('>', '')}\n\n{THEIRS}\n\n{OWN}",
    "between": f"Dear Dr. Hale,\n\n> I beg you, are you free?\nYes.\n> Reply today!\nYes.\n\n{OWN}",
    "from Outlook": f"{OWN}\n\n________________________________\n{HEADERS}\n\n{THEIRS}",
    "from Outlook, no line": f"{OWN}\n\n{HEADERS}\n\n{THEIRS}",
    "from Outlook, bold": f"{OWN}\n\n*From:* Dr. Lund\n*Sent:* Monday\n*To:* Ana\n*Subject:* Re\n\n{THEIRS}",
    "an original message": f"{OWN}\n\n-----Original Message-----\n{THEIRS}",
    "in French": f"{OWN}\n\nLe lun. 16 mars 2026 à 09:12, Dr. Lund <l@example.org> a écrit :\n{MARKED}",
    "in German": f"{OWN}\n\nAm 16.03.2026 um 09:12 schrieb Dr. Lund <l@example.org>:\n{THEIRS}",
    "in Spanish": f"{OWN}\n\nEl lun, 16 mar 2026 a las 9:12, Dr. Lund (<l@example.org>) escribió:\n{MARKED}",
    "a quote in a quote": f"{OWN}\n\nOn Mon, A wrote:\n> x\n>\n> On Sun, B wrote:\n>> I beg you\n>> today",
    "under its own header": f"From: Ana\nTo: h@example.org\nSubject: Me\n\n{OWN}\n\n{WROTE}\n{MARKED}",
    "forwarded": f"{OWN}\n\n---------- Forwarded message ---------\n{FORWARDED}\n\n{THEIRS}",
    "forwarded, small letters": f"{OWN}\n\n--- forwarded message ---\n{THEIRS}",
    "forwarded from a Mac": f"{OWN}\n\nBegin forwarded message:\n\n{FORWARDED}\n\n{THEIRS}",
    "in HTML": f"<p>{LINES}</p><div class='gmail_quote'>On Mon, L wrote:<blockquote>{THEIRS}</blockquote></div>",
    "in Outlook's HTML": f"<div>{LINES}</div><hr><div id='divRplyFwdMsg'><b>From:</b> L</div><div>{THEIRS}</div>",
}


@pytest.mark.parametrize("where", QUOTED)
def test_only_the_students_own_words_are_read(where: str) -> None:
    """Quoted and forwarded messages are skipped, wherever they are and however they're marked."""
    check = check_reply(QUOTED[where])
    assert [found.finding for found in check.findings] == []
    assert "suggested that I write" in check.reading.own
    assert text("reply.left_out.quoted") in check.notes
    own = QUOTED[where].replace("suggested that I write.", "suggested that I write. I beg you to take me.")
    assert [found.finding for found in check_reply(own).findings] == ["plea"]


def test_a_reply_to_a_quoted_message_means_that_the_program_wrote_first() -> None:
    """A forwarded message, or an earlier one of the student's own, doesn't count."""
    content = "Dear Dr. Hale,\n\nYes, I am available. My CV and AAMC ID are attached.\n\nAna"
    asked = "\n\n" + WROTE + "\n> Dear Ana,\n> Are you still available?\n> Dr. Lund"
    assert [found.finding for found in check_reply(content + asked).findings] == []
    assert check_reply(content + asked).points[0].sentence == text("reply.answers")
    mine = asked.replace("Dear Ana,", "Dear Dr. Hale,")
    assert [found.finding for found in check_reply(content + mine).findings] == ["no_introducer"]
    forwarded = f"\n\n---------- Forwarded message ---------\n{FORWARDED}\n\nDear Ana, are you available?"
    assert [found.finding for found in check_reply(content + forwarded).findings] == ["no_introducer"]


@pytest.mark.parametrize(
    "footer",
    [
        "CONFIDENTIALITY NOTICE: This e-mail is only for the addressee. You must reply at once if you got it in error.",
        "This email and any attachments are confidential. If you have received it in error you must notify us immediately.",
        "IMPORTANT: The contents of this email are intended for the named recipient only. Respond immediately.",
        "If you are not the intended recipient, you face legal action.",
        "Sent from my iPhone",
        "Get Outlook for iOS",
        "-- \nAna Ruiz, MD\nMarrow donor since 2010\nDream big. Take any chance. I beg you, recycle.",
        "President, Blood Donors' Circle\n“Dream big, never give up.”",
        "“The future belongs to those who believe in their dreams.”",
    ],
)
def test_signatures_and_footers_are_not_part_of_the_message(footer: str) -> None:
    """Their words are neither a plea nor pressure, but the same words in the message are."""
    assert [found.finding for found in check_reply(f"{OWN}\n\n{footer}").findings] == []
    assert [found.finding for found in check_reply(f"{OWN}\n{footer}").findings] == []


def test_the_eras_id_and_blanks_are_found_in_a_signature_too() -> None:
    """The ERAS ID is often below the name, and a blank there wasn't filled in either."""
    content = "Dear Dr. Hale,\n\nDr. Osei suggested that I write. My CV is attached.\n\nBest,\n"
    assert [found.finding for found in check_reply(f"{content}Ana\nAAMC ID 15551234").findings] == []
    assert [found.finding for found in check_reply(f"{content}-- \nAna\nAAMC ID 15551234").findings] == []
    assert [found.finding for found in check_reply(f"{content}[Your name]\nAAMC ID 15551234").findings] == [
        "unfilled_placeholder"
    ]


def test_the_students_own_words_after_a_closing_are_read() -> None:
    """That's a postscript, or a sentence after "Thank you"."""
    assert "plea" in [found.finding for found in check_reply(f"{OWN}\n\nP.S. I beg you to take me.").findings]
    own = (
        "Dear Dr. Hale,\n\nThank you!\n\nDr. Osei suggested that I write, and I beg you to read my CV. My AAMC ID is 1.\n\nAna"
    )
    assert [found.finding for found in check_reply(own).findings] == ["plea"]


@pytest.mark.parametrize(
    ("pasted", "read"),
    [
        ("<p>My&nbsp;CV &amp; ERAS&nbsp;ID</p>", "My CV & ERAS ID"),
        ("<div>Dear Dr. Hale,</div><div><br></div><div>My <b>CV</b> is here.</div>", "Dear Dr. Hale,\n\nMy CV is here."),
        ("<style>p {color: red}</style><p>Hello</p><script>beg()</script>", "Hello"),
        ("ERAS&nbsp;ID &amp; CV, Dr. O&#39;Hara", "ERAS ID & CV, Dr. O'Hara"),
        ("Iâ€™m with Dr. MÃ¼ller", "I’m with Dr. Müller"),
        ("my C\u200bV and AA\u00adMC ID", "my CV and AAMC ID"),
        ("my ＣＶ", "my CV"),
        ("write to Ana <ana@example.org>", "write to Ana <ana@example.org>"),
        ("p < 0.05 and n > 30", "p < 0.05 and n > 30"),
    ],
)
def test_html_and_garbled_characters_become_text(pasted: str, read: str) -> None:
    """Tags, entities, wrongly decoded letters and zero-width characters are read as the text that was meant."""
    assert read_email(pasted).text == read


@pytest.mark.parametrize(
    "letter",
    [
        "Estimado Dr. Hale: Le ruego que lea mi solicitud. Adjunto mi CV y mi AAMC ID. Es mi sueño desde niña.",
        "Cher docteur, je vous prie de bien vouloir examiner mon dossier. Mon CV est joint à ce message.",
        "Sehr geehrte Frau Dr. Hale, vielen Dank für Ihre Zeit. Anbei mein Lebenslauf und meine AAMC-Nummer.",
        "Prezado Dr. Hale, agradeço por ter revisado minha inscrição. Segue em anexo meu currículo.",
        "Gentile dottoressa, la ringrazio per aver esaminato la mia domanda. In allegato trova il mio CV.",
        "Mahal na Dr. Hale, salamat po sa pagbasa ng aking aplikasyon. Kalakip ang aking CV.",
        "Kính gửi bác sĩ Hale, cảm ơn bác sĩ đã xem hồ sơ của tôi. Tôi gửi kèm CV.",
        "Уважаемый доктор, очень прошу вас прочитать моё письмо. Моё резюме приложено.",
        "尊敬的医生，我对贵院很感兴趣。请看我的简历。",
        "尊敬的Hale医生，我请求您考虑我的申请。我的CV和AAMC ID已附上。",
        "Hale先生、私のCVとAAMC IDを添付します。どうかよろしくお願いいたします。",
        "عزيزي الدكتور، أرجو أن تقرأ طلبي. سيرتي الذاتية مرفقة.",
        "प्रिय डॉक्टर, कृपया मेरा आवेदन पढ़ें। मेरा सीवी संलग्न है।",
    ],
)
def test_a_message_in_another_language_only_gets_a_note(letter: str) -> None:
    """It has no findings and no answered points, and the note says why."""
    check = check_reply(letter)
    assert (check.state, check.findings, check.sentence) == ("not_english", (), text("reply.not_english"))
    assert not any(point.sentence for point in check.points)


def test_an_english_message_with_a_foreign_greeting_is_read() -> None:
    """A greeting and a closing in another language don't matter, but a whole paragraph is skipped."""
    content = OWN.replace("Dear", "Estimada").replace("Best,", "Un saludo,")
    assert check_reply(content).state == "read"
    spanish = "Le ruego que lea mi solicitud, que es mi sueño desde niña, y que me dé una oportunidad."
    long = OWN.replace("attached.", "attached. I am interested in your program and would be glad to hear from you.")
    check = check_reply(long.replace("\n\nBest", f"\n\n{spanish}\n\nBest"))
    assert check.state == "read"
    assert text("reply.left_out.other_language") in check.notes


# ---- a library is missing ----


@pytest.mark.parametrize(
    ("package", "step"), [("ftfy", "repair"), ("bs4", "html"), ("quotequail", "quotes"), ("simplemma", "language")]
)
def test_without_a_package_the_checker_says_what_it_could_not_do(
    monkeypatch: pytest.MonkeyPatch, package: str, step: str
) -> None:
    """Only the step that needs the package is skipped, and a message says so."""
    real = builtins.__import__

    def without(name: str, *more: Any, **named: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(name=package)
        return real(name, *more, **named)

    content = f"<p>{OWN.replace('attached.', 'attached. I beg you.').replace(chr(10), '<br>')}</p>"
    assert check_reply(content).reading.not_done == ()
    monkeypatch.setattr(builtins, "__import__", without)
    check = check_reply(content)
    assert check.reading.not_done == (step,)
    assert text(f"reply.not_done.{step}") in check.notes
    assert "plea" in [found.finding for found in check.findings]


# ---- blanks ----


def test_every_unfilled_blank_is_quoted() -> None:
    """Each placeholder that was never filled in is found, with its own words."""
    content = "Dear Dr. [Name], I rotated with you in [month] at {{program}} (name of hospital) with Dr. XX in ____."
    found = {one.finding: one for one in check_reply(content).findings}["unfilled_placeholder"]
    assert [seen.words for seen in found.seen] == ["[Name]", "[month]", "{{program}}", "(name of hospital)", "XX", "____"]


@given(st.text(alphabet="[]{}()<>_X#*«»%$ aN.,\n", max_size=80))
def test_blanks_are_found_in_order_without_overlap(content: str) -> None:
    """Any text can be searched."""
    found = placeholders(content)
    assert all(start < end for start, end in found)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))


# ---- nothing can keep it busy ----


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *("On ", "From: a\n", "> ", "- a\n", "\n", " ", "_", "On x wrote:\n", "<div>", "<blockquote>", "[[", "{{", "<", "a"),
        *("Best,\n", "&nbsp;", "Dear Dr. ", "I beg you ", "*a ", "[a ", "CONFIDENTIAL: "),
    ],
)
def test_no_text_keeps_the_checker_busy(piece: str) -> None:
    """Even the longest text, made of one piece over and over, takes at most a few seconds."""
    start = time.process_time()
    check_reply(piece * (20_000 // len(piece)))
    assert time.process_time() - start < 10
