"""Errors with a meaning to the domain; adapters raise them, the shell turns them into answers."""

from __future__ import annotations

from datetime import datetime


class ThanThienError(Exception):
    """Base of our own errors."""


class NluUnavailableError(ThanThienError):
    """No Rasa server answered."""


class NluRejectedError(NluUnavailableError):
    """A Rasa server answered with something that is not a parse result (wrong token, no model)."""


class StorageUnavailableError(ThanThienError):
    """The database cannot be read or written now; the sender of the message must try again."""


class SecretsUnreadableError(ThanThienError):
    """The channels' secrets were encrypted with another key than the present one."""


class LeaseLostError(ThanThienError):
    """Another worker took the conversation over; nothing of this attempt was written."""


class InvalidContentError(ThanThienError):
    """Content of a file does not fit the schema. `problems`: one line each, naming file, field and mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class SendFailedError(ThanThienError):
    """A message was not delivered. `outcome`: `unreachable` (window closed, blocked), `rejected`, `token` (an
    administrator must act). `retry_after` in seconds: worth another try; None: a person must look. `uncertain`: the
    platform may have accepted it, so the echo is awaited before another try. `told`: the platform itself asked for the
    wait (the night, a used-up quota), so it may be long and is no failed try."""

    def __init__(
        self,
        reason: str,
        outcome: str = "rejected",
        retry_after: float | None = None,
        *,
        uncertain: bool = False,
        told: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.told = told

    @property
    def is_refusal(self) -> bool:
        """The platform will never take this message as it is; nothing of it arrived."""
        return self.outcome == "rejected" and self.retry_after is None and not self.uncertain


class RefusedFileError(ThanThienError):
    """A file handed in is not read at all: wrong kind, too large, with macros, encrypted or damaged. The message says
    why and what to do, in Vietnamese."""


class EditingError(ThanThienError):
    """A step of the editors' work cannot be taken now."""


class StaleDraftError(EditingError):
    """Somebody else saved or moved the draft since it was read; nothing was written."""


class DraftExistsError(EditingError):
    """The record already has a draft. `revision_id`: which."""

    def __init__(self, revision_id: int) -> None:
        super().__init__(f"revision {revision_id} is still a draft")
        self.revision_id = revision_id


class SameEditorError(EditingError):
    """Who wrote a draft may not publish it: a second person must."""


class InheritedError(EditingError):
    """A unit above publishes the procedure: this one only adds its supplement. `record_id`, `owner`: what, and who."""

    def __init__(self, record_id: str, owner: str) -> None:
        super().__init__(f"{owner} publishes {record_id}")
        self.record_id = record_id
        self.owner = owner


class WrongStateError(EditingError):
    """The revision is not in a state this step starts from."""


class TicketNotFoundError(ThanThienError):
    """No such ticket, or one this person may not see: the two are not told apart."""


class NotAllowedError(ThanThienError):
    """The person's role does not permit it."""


class InvalidMoveError(ThanThienError):
    """The ticket's state, or what was given, does not allow it. `reason`: one of bot.domain.tickets.Refusal."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class VersionConflictError(ThanThienError):
    """Somebody saved in between; nothing was written. `who`: a name, empty for the citizen or the clock."""

    def __init__(self, who: str, at: datetime, version: int) -> None:
        super().__init__(f"version {version} is newer")
        self.who = who
        self.at = at
        self.version = version


class ConversationTakenError(ThanThienError):
    """A colleague has the conversation. `who`: their name."""

    def __init__(self, who: str) -> None:
        super().__init__("taken over")
        self.who = who
