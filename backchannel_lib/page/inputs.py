"""The controls of a page as HTML: native inputs with a label, a place for an error, and the name of their field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from backchannel_lib.base.texts import text
from backchannel_lib.page.html import Markup, tag

Options = Iterable[tuple[object, object]]  # values and labels
ONE_LINE: Final = 60  # options with at most this many characters in all stand on one line on paper


def slider(
    field: str,
    label: str,
    ends: tuple[int, int],
    value: int,
    *,
    help_text: str = "",
    hidden: bool = False,
    unknown: bool | None = None,
    is_guess: bool = False,
) -> Markup:
    """Return a slider with a number box next to it.

    Args:
        field: The field that it sets.
        label: Its label.
        ends: The lowest and highest number on the slider; the box accepts others.
        value: The current value.
        help_text: Another sentence for the reader.
        hidden: Start hidden.
        unknown: Whether the value is unknown; None if it must be known, so that there is no checkbox for it.
        is_guess: Whether the value is the reader's guess, which paper leaves blank until it is made.

    Examples:
        >>> 'min="0"' in slider("share", "Share", (0, 100), 20)
        True
    """
    low, high = ends
    common = _common(field, help_text)
    return tag(
        "div",
        tag("label", label, for_=f"§{field}"),
        tag(
            "div",
            _end_of(low) if is_guess else None,
            tag("input", type="range", id=f"§{field}", min=low, max=high, step=1, value=value, **common),
            _end_of(high) if is_guess else None,
            tag(
                "input",
                type="text",
                inputmode="numeric",
                class_="bw-number",
                value=value,
                aria_label=text("panel.exact", label=label),
                **common,
            ),
            class_="bw-slide bw-guess" if is_guess else "bw-slide",
        ),
        None if unknown is None else _unknown_box(field, label, unknown),
        *_extra(field, help_text),
        **{**_holder(field, "slider", hidden), "data_unknown": unknown},
    )


def _end_of(number: int) -> Markup:
    """Return one end of a slider, which screen readers already know."""
    return tag("span", number, class_="bw-small bw-screen", aria_hidden="true")


def _unknown_box(field: str, label: str, checked: bool) -> Markup:
    name = tag("span", text("panel.unknown"), tag("span", ": ", label, class_="bw-hidden"))
    box = tag("input", type="checkbox", checked=checked, data_is_unknown=True, **_common(field, ""))
    return tag("label", box, " ", name, class_="bw-unknown")


def checkbox(field: str, label: object, value: bool, *, help_text: str = "", hidden: bool = False) -> Markup:
    """Return a checkbox.

    Args:
        field: The field that it sets.
        label: Its label.
        value: Whether it is checked.
        help_text: Another sentence for the reader.
        hidden: Start hidden.

    Examples:
        >>> " checked" in checkbox("done", "Done", True)
        True
    """
    box = tag("input", type="checkbox", checked=value, **_common(field, help_text))
    return tag("div", tag("label", box, " ", label), *_extra(field, help_text), **_holder(field, "checkbox", hidden))


def select(field: str, label: str, options: Options, value: object, *, help_text: str = "", hidden: bool = False) -> Markup:
    """Return a dropdown menu.

    Args:
        field: The field that it sets.
        label: Its label.
        options: Values and labels; the value None is written as a blank.
        value: The selected value.
        help_text: Another sentence for the reader.
        hidden: Start hidden.

    Examples:
        >>> select("who", "Who", [("a", "A")], "a").count("<option")
        1
    """
    written = [tag("option", text, value="" if one is None else one, selected=one == value) for one, text in options]
    box = tag("select", written, id=f"§{field}", **_common(field, help_text))
    return _labeled("select", field, label, box, help_text, hidden=hidden)


def radios(
    field: str,
    label: object,
    options: Options,
    value: object,
    *,
    help_text: str = "",
    hidden: bool = False,
    row: bool = False,
) -> Markup:
    """Return a group of radio buttons.

    Args:
        field: The field that it sets.
        label: The question.
        options: Values and labels.
        value: The selected value; anything else selects none.
        help_text: Another sentence for the reader.
        hidden: Start hidden.
        row: Put the options next to each other.

    Examples:
        >>> radios("who", "Who?", [("a", "A"), ("b", "B")], "b").count("checked")
        1
    """
    return _group("radio", field, label, options, {value}, help_text, hidden, row)


def checks(
    field: str, label: object, options: Options, value: Collection[object], *, help_text: str = "", hidden: bool = False
) -> Markup:
    """Return a group of checkboxes.

    Args:
        field: The field that it sets.
        label: The question.
        options: Values and labels.
        value: The checked values.
        help_text: Another sentence for the reader.
        hidden: Start hidden.

    Examples:
        >>> checks("who", "Who?", [("a", "A"), ("b", "B")], {"a", "b"}).count("checked")
        2
    """
    return _group("checkbox", field, label, options, value, help_text, hidden, False)


def text_box(
    field: str,
    label: str,
    value: str,
    *,
    long: bool = False,
    help_text: str = "",
    sends_while_typing: bool = False,
    rows: int = 10,
) -> Markup:
    """Return a text box.

    Args:
        field: The field that it sets.
        label: Its label.
        value: Its content.
        long: Whether it has several lines.
        help_text: Another sentence for the reader.
        sends_while_typing: Send the text at every pause in typing, for content that is useful even when it is unfinished.
        rows: Number of lines of a long box.

    Examples:
        >>> "<textarea" in text_box("mail", "Your email", "", long=True)
        True
    """
    common: dict[str, object] = {"class_": "bw-text", "id": f"§{field}", **_common(field, help_text)}
    common |= {"spellcheck": "false", "autocomplete": "off", "data_sends_while_typing": sends_while_typing or long}
    box = tag("textarea", value, rows=rows, **common) if long else tag("input", type="text", value=value, **common)
    return _labeled("text", field, label, box, help_text)


def number_box(field: str, label: str, value: int, *, bare: bool = False) -> Markup:
    """Return a box for a whole number.

    Args:
        field: The field that it sets.
        label: Its label.
        value: Its content.
        bare: Show the label only to screen readers, for example in a table with column headers.

    Examples:
        >>> 'inputmode="numeric"' in number_box("people", "People", 40)
        True
    """
    named = {"aria_label": label} if bare else {"id": f"§{field}"}
    box = tag("input", type="text", inputmode="numeric", class_="bw-number", value=value, **named, **_common(field, ""))
    return _labeled("number-box", field, None if bare else label, box)


def button(
    text: object,
    do: str,
    value: str | None = None,
    *,
    name: str | None = None,
    disabled: bool = False,
    key: str = "",
    hint: str = "",
    once: bool = False,
) -> Markup:
    """Return a button.

    Args:
        text: The text on it.
        do: The action it requests.
        value: The action's argument.
        name: The name for screen readers, or None for its text.
        disabled: Whether it is disabled now.
        key: Keys that press it while no control has focus, by their browser names, separated by spaces.
        hint: The key as readers know it, shown on the button.
        once: Ignore further presses until the first one is answered.

    Examples:
        >>> button("Undo", "undo")
        '<button type="button" data-action="undo">Undo</button>'
        >>> button("Next", "next", key="ArrowRight PageDown", hint="→").count("<kbd")
        1
    """
    does = {"data_action": do, "data_value": value, "data_once": once}
    return _button(text, does, key, hint, aria_label=name, disabled=disabled)


def undo_button(key: str = "") -> Markup:
    """Return the button for undo, which is disabled until there is something to undo.

    Args:
        key: The key that presses it, as in `button`.

    Examples:
        >>> undo_button()
        '<button type="button" data-action="undo" disabled>Undo</button>'
    """
    return button(text("panel.undo"), "undo", key=key, disabled=True)


def reset_button() -> Markup:
    """Return the button that starts over, which is disabled until something has changed.

    Examples:
        >>> reset_button()
        '<button type="button" data-action="reset" disabled>Start over</button>'
    """
    return button(text("panel.reset"), "reset", disabled=True)


def go_button(label: str, part: str) -> Markup:
    """Return a button that jumps to another part of the page, without asking Python.

    Args:
        label: The text on it.
        part: ``controls``, or the fragment to jump to.

    Examples:
        >>> go_button("What would change it", "changes")
        '<button type="button" data-go="changes" class="bw-go">What would change it</button>'
    """
    return tag("button", label, type="button", data_go=part, class_="bw-go")


def toolbar(*buttons: object, alike: bool = False) -> Markup:
    """Put buttons next to each other; the first one is highlighted unless ``alike`` is True.

    Examples:
        >>> toolbar(button("Undo", "undo"))
        '<div class="bw-toolbar"><button type="button" data-action="undo">Undo</button></div>'
    """
    return tag("div", *buttons, class_="bw-toolbar bw-alike" if alike else "bw-toolbar")


def clock_button(text: str, does: str, *, hidden: bool = False, key: str = "") -> Markup:
    """Return a button that controls the page's timer, without asking Python.

    Args:
        text: The text on it.
        does: ``pause`` or ``go``.
        hidden: Start hidden.
        key: The letter that presses it while no control has focus, or blank.

    Examples:
        >>> clock_button("Pause", "pause")
        '<button type="button" data-clock-action="pause">Pause</button>'
        >>> 'data-key="c"' in clock_button("Pause", "pause", key="c")
        True
    """
    return _button(text, {"data_clock_action": does}, key, key.upper(), hidden=hidden)


def _button(text: object, does: Mapping[str, object], key: str, hint: str, **attributes: object) -> Markup:
    shown = tag("kbd", hint, class_="bw-key", aria_hidden="true") if hint else None
    keys = {"data_key": key or None, "aria_keyshortcuts": key or None}
    return tag("button", text, shown, type="button", **does, **keys, **attributes)


def _labeled(kind: str, field: str, label: str | None, box: Markup, help_text: str = "", *, hidden: bool = False) -> Markup:
    """Return a field with its label above its box."""
    above = tag("label", label, for_=f"§{field}") if label is not None else None
    return tag("div", above, box, *_extra(field, help_text), **_holder(field, kind, hidden))


def _group(
    kind: str,
    field: str,
    label: object,
    options: Options,
    chosen: Collection[object],
    help_text: str,
    hidden: bool,
    row: bool,
) -> Markup:
    options = [*options]
    name = f"§{field}" if kind == "radio" else None
    choices: list[Markup] = []
    for value, words in options:
        box = tag("input", type=kind, name=name, value=value, checked=value in chosen, **_common(field, help_text))
        choices.append(tag("label", box, " ", words))
    class_ = "radio" if kind == "radio" else "checks"
    if row:
        class_, choices = f"{class_} bw-row", [tag("div", choices, class_="bw-choices")]
    elif sum(len(str(words)) for _, words in options) <= ONE_LINE:
        class_ += " bw-one-line"
    return tag("fieldset", tag("legend", label), *_extra(field, help_text), choices, **_holder(field, class_, hidden))


def _common(field: str, help_text: str) -> dict[str, str]:
    described = f"§{field}-error" + (f" §{field}-help" if help_text else "")
    # JupyterLab uses arrow and letter keys for its own commands unless an input asks for them.
    return {"data_lm_suppress_shortcuts": "true", "aria_describedby": described}


def _extra(field: str, help_text: str) -> list[Markup | None]:
    return [
        tag("p", help_text, class_="bw-help", id=f"§{field}-help") if help_text else None,
        tag("p", class_="bw-error", id=f"§{field}-error", hidden=True, role="alert"),
    ]


def _holder(field: str, kind: str, hidden: bool) -> dict[str, object]:
    return {"class_": f"bw-field bw-{kind}", "data_field": field, "hidden": hidden}
