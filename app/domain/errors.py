"""Typed errors of the domain: codes and facts; ``app/errors.py`` and forms own the Russian text."""

from __future__ import annotations

from collections.abc import Sequence


class DomainError(Exception):
    """Base of everything the domain, queries and actions raise on purpose."""


class CodedError(DomainError):
    """A refusal with several reasons; ``code`` says which, as each class lists them."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotFoundError(DomainError):
    """Absent, or not for this viewer: one answer for both, so that ids cannot be probed."""


class AccessDeniedError(DomainError):
    """The contract is the viewer's, but the role does not allow this."""


class ContractTerminatedError(AccessDeniedError):
    """The contract has ended; what its people ask for needs one in force."""


class PeopleError(CodedError):
    """A change of somebody's access that is not possible.

    ``code``: ``decided`` (a request for access, by somebody else meanwhile), ``member`` (the
    address has access already), ``owner`` (the one who signs in with the contract number
    keeps role and term), ``self`` (nobody changes their own role and last day),
    ``last_owner`` (nobody would be left to decide), ``dated`` (whoever has a last day does not end
    the owner's access), ``limited`` (the role is of the whole contract), ``points`` (none chosen or
    of another contract), ``past`` (the term has ended before it begins),
    ``longer`` (it would last longer than the access of whoever gives it), ``login_taken``
    (somebody has begun to sign in with the address meanwhile), ``other_address`` (the invitation is
    for another address).
    """


class TransferError(CodedError):
    """A change of customer that cannot be decided like this.

    ``code``: ``decided`` (by somebody else meanwhile), ``changed`` (billing has sent another
    customer since the page was opened).
    """


class MailingError(CodedError):
    """What cannot be done with a mailing.

    ``code``: ``started`` (it is no draft any more), ``over`` (nothing is left to stop).
    """


class PeriodError(CodedError):
    """Dates that make no period: ``unreadable``, ``reversed``, ``out_of_range``, ``too_long``."""


class ContractNumberError(DomainError):
    """Text that cannot be a contract number, however generously it is read."""


class PasswordError(CodedError):
    """A password that may not be set.

    ``code``: ``short`` ``long`` ``common`` ``personal`` ``same``.
    """


class EntryOutOfRangeError(DomainError):
    """A turnover lies outside the months of a sheet; skipping it would falsify the balance."""


class StatementTooLongError(DomainError):
    """More operations than one statement may hold at once."""

    def __init__(self, rows: int, limit: int) -> None:
        super().__init__(f"{rows} > {limit}")
        self.rows = rows
        self.limit = limit


class SignInRefusedError(DomainError):
    """Wrong login or password, or an account that may not sign in: never told apart."""


class TooManyAttemptsError(DomainError):
    """A rate limit was reached.

    Attributes:
        retry_after: whole seconds until the next attempt makes sense.
        staff_alert: the name of the limit where staff have to know.
    """

    def __init__(self, retry_after: int, staff_alert: str = "") -> None:
        super().__init__(str(retry_after))
        self.retry_after = retry_after
        self.staff_alert = staff_alert


class AccountExistsError(DomainError):
    """The contract already has an owner; nobody registers over an active account."""


class BlockedError(CodedError):
    """What staff ask for an account is not possible.

    ``code``: ``closed`` (by its owner or somebody on record), ``no_mail`` (no confirmed email).
    """


class StaffError(CodedError):
    """What cannot be done with a staff member.

    ``code``: ``login`` (unusable), ``taken``, ``last_admin`` (somebody has to manage the others),
    ``self``.
    """


class RetryError(CodedError):
    """A message that is not sent again.

    ``code``: ``sent`` (or on its way), ``interactive`` (its person asks for a new one),
    ``outdated``.
    """


class NotDemoError(DomainError):
    """Demo data were asked for in production or over a database that holds something else."""


class ContactError(DomainError):
    """Text that is no contact.

    ``code``: ``email``, ``email_character`` (one of another alphabet: ``character`` at ``place``,
    from 1, of ``address``), ``email_name`` (no Latin letters before the «@»), ``email_many``;
    ``phone``, ``phone_short``, ``phone_long``, ``phone_many``, ``phone_extension`` (not wanted).
    """

    def __init__(self, code: str, character: str = "", place: int = 0, address: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.character = character
        self.place = place
        self.address = address


class AmountError(DomainError):
    """Text that is no sum of roubles and kopecks."""


class SmsNotAllowedError(DomainError):
    """Text messages are not sent to numbers like this one."""


class TooSoonError(DomainError):
    """A code was sent just now. ``retry_after``: whole seconds until another may be."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(str(retry_after))
        self.retry_after = retry_after


class CodeError(CodedError):
    """A code by text message that does not confirm.

    ``code``: ``wrong``, ``expired`` (too old, used up, none sent to this number) or ``missing``
    (the number has not been confirmed).
    """


class SecondFactorError(CodedError):
    """A change of second factors that is not possible.

    ``code``: ``required`` (a role of the account must have one), ``missing`` (the account has not
    set one up), ``yours`` (whoever requires it of their own role sets it up first).
    """


class LinkError(CodedError):
    """A signed link that leads nowhere (any more).

    ``code``: ``altered`` ``expired`` ``used`` ``superseded`` ``withdrawn`` ``stopped``.
    """


class ProofHeldError(DomainError):
    """A total waits for a decision of staff; whether it was right is told to nobody else."""


class RegistrationClosedError(DomainError):
    """The registration cannot go on: replaced, stopped, refused, or the contract has an owner."""


class ProofError(DomainError):
    """No document has this total. ``tries_left``: 0 means that only staff can help."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(str(tries_left))
        self.tries_left = tries_left


class ConsentMissingError(DomainError):
    """Nothing personal is stored without consent."""


class ReadingError(CodedError):
    """Digits that are no reading of a register.

    ``code``: ``empty`` ``format`` ``twice`` ``whole_long`` ``fraction_format`` ``fraction_long``
    ``no_fraction``.
    """


class CustomNameError(CodedError):
    """What cannot be an own name, or a place in the customer's order.

    ``code``: ``long`` ``position``.
    """


class ReadingClosedError(CodedError):
    """A reading that cannot be submitted, changed or withdrawn (any more).

    ``code``: ``automatic`` ``removed`` ``billed`` ``closed`` ``raced``.
    """


class AttachmentError(DomainError):
    """A file that is not accepted.

    ``code``: ``kind`` ``empty`` ``large`` ``content`` ``macros`` ``active`` ``external``
    ``locked`` ``bomb`` ``virus`` ``many`` ``day`` ``account`` ``disk`` ``scanner`` ``store``;
    ``name`` is the file's.
    """

    def __init__(self, code: str, name: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.name = name


class BatchError(CodedError):
    """A billing batch that is not received.

    ``code``: ``none`` ``kind`` ``empty`` ``large`` ``length`` (no Content-Length) ``disk``.
    """


class DoubtfulReadingsError(DomainError):
    """Readings that look wrong would be accepted unread.

    Attributes:
        ids: of the submitted readings, in the order they came.
    """

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__("doubtful")
        self.ids = ids


class EnquiryClosedError(CodedError):
    """An enquiry whose status does not allow a step (any more).

    ``code``: ``closed`` ``rated`` ``early``, ``taken`` (assigned to somebody else by now),
    ``raced`` (there is something that was not read).
    """


class DraftFullError(DomainError):
    """Two drafts together are longer than one may be."""


class DirectoryError(CodedError):
    """What cannot be done with a directory.

    ``code``: ``taken`` (there is one of this name), ``last`` (something must be left to choose).
    """


class AnnouncementOverError(DomainError):
    """An announcement that has ended; it stays as it was read."""
