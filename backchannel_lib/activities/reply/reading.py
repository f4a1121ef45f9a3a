"""Find the student's own words in a pasted email: Unicode, HTML, quoted and forwarded mail, footers, the language.

Each step uses a library that knows more variants than we do. The libraries are pure Python and imported on demand; if one is
missing, the result says that its step was skipped.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, TypeVar

from backchannel_lib.activities.reply.phrases import ends_of, line_of, patterns, words_of
from backchannel_lib.model.amplifier import assumption

#: Tags that distinguish pasted HTML from a plain email with an address in angle brackets.
_HTML: Final = re.compile(
    r"</?(?:html|head|body|div|p|br|span|table|tr|td|blockquote|font|ul|ol|li|a|b|i|em|strong)(?:\s[^<>]*)?/?>", re.I
)
_BLOCK: Final = re.compile(r"(?i)<(?:br|/?(?:p|div|tr|li|ul|ol|table|h[1-6]|pre|blockquote|hr))\b")
#: What mail programs add around the message being answered.
_QUOTES: Final = (
    "blockquote, .gmail_quote, .yahoo_quoted, .moz-cite-prefix, #appendonsend ~ *, #divRplyFwdMsg, #divRplyFwdMsg ~ *"
)
GREETINGS: Final = ("greeting", "address")  # the roles of phrases that greet someone
HEADER: Final = re.compile(r"[ \t]*(to|cc|bcc|subject|from|sent|date|reply-to):[^\n]*", re.IGNORECASE)
_FROM: Final = re.compile(r"(?im)^[ \t]*from:([^\n]*)")
_MARKED: Final = re.compile(r"(?m)^[ \t]*>[^\n]*")
_DIVIDER: Final = re.compile(r"(?im)^(-{3,} ?)((?:forwarded|original) message)(?= ?-{3,}$)")  # in upper or lower case
_BLANKS: Final = re.compile(r"[ \t\u00a0\u202f]+")
_PARAGRAPH: Final = re.compile(r"(?:[^\n]+(?:\n|\Z))+")
_LONGEST_LINES: Final = 500  # far more than a letter has; the search for quotes takes quadratic time
_FEWEST_WORDS: Final = 4  # with fewer lower-case words, the language is unclear, unless English never uses the script
_FEWEST_LETTERS: Final = 12


Result = TypeVar("Result")


class Reading(NamedTuple):
    """An email as the checker reads it.

    Args:
        text: The email as plain text.
        own: The same text with everything but the student's own words blanked out, so that positions stay the same.
        english: Whether the student's own words are in English; None if that is unclear.
        answers: Whether the student answers a quoted message, other than their own earlier one.
        left_out: What was left out, by name: ``quoted``, ``footer``, ``other_language``.
        not_done: Steps skipped because their library is missing: ``repair``, ``html``, ``quotes``, ``language``.
    """

    text: str
    own: str
    english: bool | None
    answers: bool
    left_out: tuple[str, ...]
    not_done: tuple[str, ...]


def read_email(text: str) -> Reading:
    r"""Read pasted text: repair it, extract it from HTML, and separate the student's own words from everything else.

    Args:
        text: The email as pasted.

    Examples:
        >>> reading = read_email("> Are you free?\n\nYes, I am.")
        >>> reading.own.strip(), reading.left_out
        ('Yes, I am.', ('quoted',))
    """
    not_done: list[str] = []

    def step(name: str, work: Callable[[str], Result], given: str, otherwise: Result) -> Result:
        try:
            return work(given)
        except ImportError:
            not_done.append(name)
            return otherwise

    if _HTML.search(text):
        text = step("html", _html_to_text, text, text)
    text = "\n".join(re.split(r"\r\n?|\n", text)[:_LONGEST_LINES])
    text = step("repair", _repair, text, text)
    text = "\n".join(" ".join(_BLANKS.split(line)).strip() for line in text.split("\n"))
    without_quotes, answers = step("quotes", _without_quotes, text, (text, False))
    without_footers = _without_footers(without_quotes)
    unclear: tuple[bool | None, str] = (None, without_footers)
    english, own = step("language", _in_english, without_footers, unclear)
    left_out = {
        "quoted": text != without_quotes,
        "footer": without_quotes != without_footers,
        "other_language": without_footers != own,
    }
    return Reading(text, own, english, answers, tuple(name for name, is_out in left_out.items() if is_out), tuple(not_done))


def _repair(text: str) -> str:
    """Repair wrongly decoded characters, entities and unusual letter forms, and remove zero-width characters."""
    import ftfy

    repaired = ftfy.fix_text(text, unescape_html=True, uncurl_quotes=False, explain=False)
    return "".join(letter for letter in repaired if letter == "\n" or unicodedata.category(letter) not in {"Cf", "Cs"})


def _html_to_text(text: str) -> str:
    """Return the text of pasted HTML, marking every line that it quotes."""
    import bs4

    in_lines = _BLOCK.sub(lambda found: f"\n{found[0]}", " ".join(text.split("\n")))
    soup = bs4.BeautifulSoup(in_lines, "html.parser")
    for hidden in soup(["script", "style", "head", "title", "template"]):
        hidden.decompose()
    for quote in soup.select(_QUOTES):
        if not quote.decomposed:
            quoted = "".join(f"\n> {line}" for line in quote.get_text().splitlines() if line.strip())
            quote.insert_before(f"\n{quoted}\n")
            quote.decompose()
    lines = [line.strip() for line in soup.get_text().replace("\xa0", " ").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def _without_quotes(text: str) -> tuple[str, bool]:
    """Blank out what the student quotes or forwards, anywhere in the text; return whether they answer it."""
    import quotequail

    start = sum(map(len, header_of(text)))  # the email's own header, which the student pasted, isn't a quote
    own, kinds = _DIVIDER.sub(lambda found: found[1] + found[2].capitalize(), text), set[str]()
    if under := _answered_below(text, start):
        kinds.add("quote")
        own, start = _blank(own, 0, under), under
    for _ in range(9):  # messages inside messages; any deeper ones are blanked out with the rest
        found = quotequail.unwrap(own[start:])
        if not found or found["type"] == "quote":
            break
        top, bottom = found.get("text_top", ""), found.get("text_bottom", "")
        first = start + own[start:].find(top) + len(top) if top else start
        last = len(own.rstrip()) - len(bottom) if bottom else len(own)
        if not top and not bottom:
            last = _own_after(own, start)
        if not own[first:last].strip():
            break
        kinds.add(found["type"])
        own = _blank(own, first, last)
    for marked in _MARKED.finditer(own):
        kinds.add("quote")
        own = _blank(own, *marked.span())
    quoted = [
        line.lstrip("> \t")
        for line, left in zip(text.split("\n"), own.split("\n"), strict=True)
        if line.strip() and not left.strip()
    ]
    return own, bool(kinds - {"forward"}) and not _greeted(quoted) & _greeted(own.split("\n"))


def header_of(text: str) -> list[str]:
    """Return the lines at the beginning of an email that are blank or part of its header."""
    return list(itertools.takewhile(lambda line: not line.strip() or HEADER.match(line), text.splitlines(keepends=True)))


def _greeted(lines: Iterable[str]) -> set[str]:
    """Return the last words of all greetings in the lines: the people greeted."""
    found = (re.match(r"[^,:!.]*(?:\b(?:Dr|Prof|Mr|Ms|Mrs)\.[^,:!.]*)?[,:!]", line.strip()) for line in lines)
    greeted = [words_of(one[0]) for one in found if one]
    return {words[-1][0].lower() for words in greeted if any(ends_of(GREETINGS, words))}


def _answered_below(text: str, start: int) -> int:
    """Return where the answer to a message begins: at the line that greets its writer; 0 if there is none."""
    writer = _FROM.search(text[:start])
    names = {word.lower() for word, _, _ in words_of(re.sub(r"\W", " ", writer[1]))} if writer else set()
    lines = _lines_from(text, start) if names else ()
    return next((place for place, line in lines if _greeted([line]) & names), 0)


def _lines_from(text: str, place: int) -> Iterator[tuple[int, str]]:
    """Yield the lines from a position on, each with its own position."""
    for line in text[place:].splitlines(keepends=True):
        yield place, line
        place += len(line)


def _own_after(text: str, start: int) -> int:
    """Return where the student's own words begin below an unmarked message: at the last greeting after its text."""
    lines_before, last = 0, len(text)
    for place, line in _lines_from(text, start):
        words = words_of(line)
        if lines_before >= 2 and len(words) <= 12 and any(ends_of(GREETINGS, words)):
            last = place
        if line.strip() and not HEADER.match(line):
            lines_before += 1
    return last


def _without_footers(text: str) -> str:
    """Blank out the paragraphs that mail systems add."""
    for paragraph in _PARAGRAPH.finditer(text):
        if any(pattern.search(line_of(words_of(paragraph[0]))) for pattern in patterns("footer")):
            text = _blank(text, *paragraph.span())
    return text


def _in_english(text: str) -> tuple[bool | None, str]:
    """Return whether a text is in English, with the non-English paragraphs of an English text blanked out."""
    whole = _is_english(text)
    paragraphs = [(match.span(), len(match[0].split()), _is_english(match[0])) for match in _PARAGRAPH.finditer(text)]
    known = [(span, words, english) for span, words, english in paragraphs if english is not None]
    if not known:
        return whole, text
    if sum(words for _, words, english in known if english) < sum(words for _, words, english in known if not english):
        return False, text
    for span, _, english in known:
        if not english:
            text = _blank(text, *span)
    return True, text


def _is_english(text: str) -> bool | None:
    """Return whether enough words are in an English dictionary; None if there are too few. Names count for little."""
    from simplemma.language_detector import in_target_language

    other = len(re.findall(r"[^\W\d_\u0000-\u024f\u1e00-\u1eff]", text))
    if other > len(re.findall("[A-Za-z]", text)):  # Chinese has no spaces between words
        return False
    if len(re.findall(r"(?<!\S)[^\W\d_A-Z]", text)) < _FEWEST_WORDS and (
        re.search("[A-Za-z]", text) or len(text.strip()) < _FEWEST_LETTERS
    ):
        return None
    return in_target_language(text, lang="en") >= assumption("reply_english_share")
