"""A form that comes back where it was after a reload, a kernel restart or a closed tab."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from backchannel_lib.activities.form import Form
from backchannel_lib.activities.messages import ActionResult, PrefetchedMessage, ShowMessage
from backchannel_lib.activities.saved_answers import save, saved
from backchannel_lib.base.errors import CaseError, CaseFileError


class PersistentForm(Form):
    """A form whose state is saved on this machine after each change and found by the first page that opens it.

    A place in a plan or a deck is soon found again by hand, so a file that cannot be written or read is passed over.
    """

    _looked = False  # what was saved is read once, before anything is done

    def record(self) -> dict[str, Any]:
        """Return what is saved."""
        return self.values(self.state)

    def restore_record(self, record: Mapping[str, Any]) -> None:
        """Go on from what was saved; raise `CaseError`, and change nothing, if it is no such record."""
        self.restore(self.from_file(json.dumps(record)))

    def handle(self, message: Mapping[str, Any]) -> Iterator[ShowMessage | PrefetchedMessage]:
        """Answer as every activity does, and save the new state before the page shows it."""
        before = self.record()
        for answer in super().handle(message):
            now = self.record()
            if now != before:
                with contextlib.suppress(CaseFileError):
                    save(self.key, now)
                before = now
            yield answer

    def opened(self) -> ActionResult:
        """Find what was saved, on the first page, unless something was entered before."""
        if not self._looked and self.state == self.start:
            with contextlib.suppress(CaseError):
                self.restore_record(saved(self.key))
        self._looked = True
        return super().opened()
