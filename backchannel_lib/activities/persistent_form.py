"""A form that keeps its state after a reload, a kernel restart or a closed tab."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from backchannel_lib.activities.form import Form
from backchannel_lib.activities.messages import ActionResult, PrefetchedMessage, ShowMessage
from backchannel_lib.activities.saved_answers import save, saved
from backchannel_lib.base.errors import CaseError, CaseFileError

Answer = TypeVar("Answer", bound=ShowMessage | PrefetchedMessage)


class PersistentForm(Form):
    """A form whose state is saved on this machine after every change and restored by the first page that opens it.

    Files that can't be written or read are ignored, because readers can easily find their place in a plan or a deck again.
    """

    _looked = False  # the saved state is read once, before anything else

    def record(self) -> dict[str, Any]:
        """Return the record to save."""
        return self.values(self.state)

    def restore_record(self, record: Mapping[str, Any]) -> None:
        """Continue from a saved record; raise `CaseError` and change nothing if it isn't valid."""
        self.restore(self.from_file(json.dumps(record)))

    def first_answers(self, message: Mapping[str, Any]) -> Iterator[ShowMessage | PrefetchedMessage]:
        """Yield the usual answers, but save the new state before the page shows it."""
        return self._saved_first(super().first_answers(message))

    def deferred_answers(self) -> Iterator[ShowMessage]:
        """Yield the usual answers, but save the state again if it had to be rolled back."""
        return self._saved_first(super().deferred_answers())

    def _saved_first(self, answers: Iterator[Answer]) -> Iterator[Answer]:
        before = self.record()
        for answer in answers:
            now = self.record()
            if now != before:
                with contextlib.suppress(CaseFileError):
                    save(self.key, now)
                before = now
            yield answer

    def opened(self) -> ActionResult:
        """Restore the saved state on the first page, unless the reader has already entered something."""
        if not self._looked and self.state == self.start:
            with contextlib.suppress(CaseError):
                self.restore_record(saved(self.key))
        self._looked = True
        return super().opened()
