"""A form that a reload, a kernel that died or a tab that was opened again does not send back to its beginning."""

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
    """A form whose state is kept on this machine after each change, and found by the first screen that opens it.

    A place in a plan or a stack is soon found again by hand, so what cannot be written or read is passed over in silence.
    """

    _looked = False  # what was kept is read once, before anything is done

    def record(self) -> dict[str, Any]:
        """Return what is kept."""
        return self.values(self.state)

    def bring(self, record: Mapping[str, Any]) -> None:
        """Go on from what was kept; what is no such record raises `CaseError`, and nothing changes."""
        self.restore(self.from_file(json.dumps(record)))

    def handle(self, message: Mapping[str, Any]) -> Iterator[ShowMessage | PrefetchedMessage]:
        """Carry out one act as every activity does, and keep what came of it before the screen shows it."""
        before = self.record()
        for answer in super().handle(message):
            now = self.record()
            if now != before:
                with contextlib.suppress(CaseFileError):
                    save(self.key, now)
                before = now
            yield answer

    def opened(self) -> ActionResult:
        """A screen is new. The first one finds what was kept, unless something was entered before."""
        if not self._looked and self.state == self.start:
            with contextlib.suppress(CaseError):
                self.bring(saved(self.key))
        self._looked = True
        return super().opened()
