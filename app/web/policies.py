"""Policies of the running portal: what actions need to know of settings and limits."""

from __future__ import annotations

from datetime import timedelta

from app.actions.accounts.known_devices import SignInLimits
from app.actions.accounts.policy import ContactRules, RecoveryRules
from app.actions.accounts.second_factor import SecondFactorRules
from app.actions.enquiries.attachments import MEBIBYTE, FileRules
from app.actions.enquiries.customer import EnquiryRules
from app.actions.readings.submission import ReadingRules
from app.actions.registration.policy import RegistrationRules
from app.actions.sms_codes import CodeRules
from app.actions.staff.sign_in import StaffRules
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction, Outcome, RateLimit
from app.domain.reading_windows import WindowRules
from app.domain.retention import Retention
from app.queries.reached_limits import WatchedLimit
from app.web.context import config, limits

TEN_MINUTES = timedelta(minutes=10)
QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


def sign_in_limits() -> SignInLimits:
    """Rate limits of a customer's sign-in.

    Failures of one login from one address are few, so that somebody else's guesses do not lock the
    owner out; the cap per login holds against many addresses, but for known devices.
    """
    counts = limits()
    strangers = (
        RateLimit(
            counts.sign_in_pair_failures,
            QUARTER_HOUR,
            per_subject=True,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        RateLimit(
            counts.sign_in_address_failures,
            QUARTER_HOUR,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        RateLimit(counts.sign_in_login_checks, HOUR, per_subject=True),
    )
    return SignInLimits(strangers, _device_limits())


def _device_limits() -> tuple[RateLimit, ...]:
    """Rate limits of a browser that has signed in with the login before.

    They are few, too, so that a copied cookie helps little.
    """
    counts = limits()
    few, failed = counts.sign_in_pair_failures, Outcome.FAILED
    return (
        RateLimit(few, QUARTER_HOUR, per_subject=True, outcome=failed),
        RateLimit(3 * few, DAY, per_subject=True, outcome=failed),
        RateLimit(counts.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed),
        RateLimit(counts.sign_in_login_checks, HOUR, per_subject=True),
    )


def staff_rules() -> StaffRules:
    """Policy of staff sign-in."""
    return StaffRules(config().secret_key, sign_in_limits(), _code_limits())


def second_factor_rules() -> SecondFactorRules:
    """Policy of customers' second factor."""
    return SecondFactorRules(config().secret_key, _code_limits())


def _code_limits() -> SignInLimits:
    """Rate limits of a second factor; a guessed code of six digits needs a million tries."""
    failed = Outcome.FAILED
    # As few for a known device, but counted apart, by a subject of its own.
    codes = (
        RateLimit(10, QUARTER_HOUR, per_subject=True, outcome=failed),
        RateLimit(30, DAY, per_subject=True, outcome=failed),
        RateLimit(
            limits().sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed
        ),
    )
    return SignInLimits(codes, codes)


def watched_limits() -> tuple[WatchedLimit, ...]:
    """Limits that staff see on the dashboard when they are reached."""
    *_, login_cap = sign_in_limits().strangers
    few_codes, codes_a_day, _ = staff_rules().codes.strangers
    *_, registrations = registration_limits()
    *_, daily_sms = sms_limits()
    suppressed = RateLimit(1, DAY, per_subject=True, outcome=Outcome.FAILED)
    return (
        WatchedLimit("sms", LimitedAction.SMS_REQUEST, daily_sms),
        WatchedLimit("sign_in", LimitedAction.SIGN_IN, login_cap),
        WatchedLimit("staff_sign_in", LimitedAction.STAFF_SIGN_IN, login_cap),
        WatchedLimit("staff_code", LimitedAction.STAFF_CODE, few_codes),
        WatchedLimit("staff_code", LimitedAction.STAFF_CODE, codes_a_day),
        WatchedLimit("account_code", LimitedAction.ACCOUNT_CODE, few_codes),
        WatchedLimit("account_code", LimitedAction.ACCOUNT_CODE, codes_a_day),
        WatchedLimit("email", LimitedAction.EMAIL, suppressed),
        WatchedLimit("registration", LimitedAction.REGISTRATION, registrations),
        WatchedLimit("proof", LimitedAction.PROOF_CONTRACT, registration_rules().proof_lockout),
    )


def session_lives() -> tuple[timedelta, timedelta]:
    """How long a customer's session lasts unused, and in any case."""
    settings = config()
    return timedelta(minutes=settings.session_idle_minutes), timedelta(
        hours=settings.session_max_hours
    )


def staff_session_lives() -> tuple[timedelta, timedelta]:
    """How long a staff session lasts unused, and in any case."""
    settings = config()
    return (
        timedelta(minutes=settings.staff_session_idle_minutes),
        timedelta(hours=settings.staff_session_max_hours),
    )


def api_limits() -> tuple[RateLimit, ...]:
    """Wrong tokens from one address; the right one is never limited."""
    return (RateLimit(20, QUARTER_HOUR, per_address=True, outcome=Outcome.FAILED),)


def registration_rules() -> RegistrationRules:
    """Rules of registrations."""
    counts = limits()
    settings = config()
    failed = Outcome.FAILED
    return RegistrationRules(
        needs_proof=settings.registration_proof == "evidence",
        link_life=timedelta(minutes=counts.link_minutes),
        stop_life=timedelta(days=settings.stop_days),
        codes=code_rules(),
        sms_prefixes=settings.sms.prefixes,
        limits={
            LimitedAction.FIRST_ENTRY: (
                RateLimit(counts.first_entry_per_address, QUARTER_HOUR, per_address=True),
                RateLimit(counts.first_entry_per_contract, HOUR, per_subject=True),
            ),
            LimitedAction.REGISTRATION: registration_limits(),
            LimitedAction.PROOF: (RateLimit(counts.proof_tries, MONTH, per_subject=True),),
            LimitedAction.PROOF_CONTRACT: (
                RateLimit(3 * counts.proof_tries, DAY, per_subject=True, per_address=True),
                RateLimit(5 * counts.proof_tries, DAY, per_address=True),
            ),
            LimitedAction.CONFIRM: (
                RateLimit(counts.sign_in_pair_failures, HOUR, per_subject=True, outcome=failed),
                RateLimit(
                    counts.sign_in_address_failures,
                    QUARTER_HOUR,
                    per_address=True,
                    outcome=failed,
                ),
            ),
            LimitedAction.NEW_HASH: NEW_HASH_LIMITS,
            LimitedAction.SMS_REQUEST: sms_limits(),
            LimitedAction.SMS_CODE: (RateLimit(counts.sms_tries_per_day, DAY, per_subject=True),),
        },
        proof_lockout=RateLimit(10 * counts.proof_tries, MONTH, per_subject=True, outcome=failed),
    )


def invitation_limits() -> tuple[RateLimit, ...]:
    """Invitations of one account, whatever the contracts."""
    return (RateLimit(limits().invitations_per_day, DAY, per_subject=True),)


def access_request_limits() -> tuple[RateLimit, ...]:
    """Requests for access: an owner is not to be flooded, whoever asks."""
    count = limits().access_requests_per_day
    return (
        RateLimit(count, DAY, per_subject=True, per_address=True),
        RateLimit(2 * count, DAY, per_address=True),
        RateLimit(4 * count, DAY, per_subject=True),
    )


def registration_limits() -> tuple[RateLimit, ...]:
    """Rate limits of confirmation emails that were sent.

    A stranger's must not use up the owner's, so each network address has its own.
    """
    counts = limits()
    sent = Outcome.SUCCEEDED
    count = counts.registrations_per_contract
    return (
        RateLimit(count, DAY, per_subject=True, per_address=True, outcome=sent),
        # Emails that came back count here: those on record are told each time.
        RateLimit(2 * count, DAY, per_subject=True, per_address=True),
        RateLimit(10 * count, DAY, per_subject=True, staff_alert="registrations of one contract"),
    )


def window_rules() -> WindowRules:
    """When readings are accepted."""
    settings = config()
    return WindowRules(
        settings.readings_month_end_opens,
        settings.readings_month_end_closes,
        settings.readings_mkd_opens,
        settings.readings_mkd_closes,
    )


def reading_rules() -> ReadingRules:
    """Whether readings are accepted automatically."""
    return ReadingRules(auto_accept=config().readings_auto_accept == "plausible")


def file_rules() -> FileRules:
    """Limits of attachments."""
    counts = limits()
    settings = config()
    return FileRules(
        max_bytes=settings.attachment_max_mb * MEBIBYTE,
        per_message=counts.attachments_per_message,
        per_day=(RateLimit(counts.attachments_per_day, DAY, per_subject=True),),
        account_bytes=counts.attachments_account_mb * MEBIBYTE,
        disk_free=settings.disk_free_mb * MEBIBYTE,
    )


def enquiry_rules() -> EnquiryRules:
    """Deadlines of answers, and how many enquiries one account may send."""
    return EnquiryRules(config().enquiry_answer_days, limits().enquiries_per_day)


def contact_rules() -> ContactRules:
    """Rules of contacts and passwords that people change themselves."""
    counts = limits()
    return ContactRules(
        link_life=timedelta(minutes=counts.link_minutes),
        codes=code_rules(),
        sms_prefixes=config().sms.prefixes,
        sign_in=sign_in_limits(),
        changes=(RateLimit(counts.contact_changes_per_hour, HOUR, per_subject=True),),
        sms=sms_limits(),
        number_tries=(RateLimit(counts.sms_tries_per_day, DAY, per_subject=True),),
    )


def retention_rules() -> Retention:
    """Ages at which rows are deleted."""
    days = config().retention
    return Retention(
        audit=timedelta(days=days.audit_days),
        messages=timedelta(days=days.message_days),
        message_texts=timedelta(days=days.message_text_days),
        imports=timedelta(days=days.import_days),
        prepared_files=timedelta(days=days.prepared_file_days),
        drafts=timedelta(days=days.draft_days),
        enquiries=timedelta(days=days.enquiry_days),
        consents=timedelta(days=days.consent_days),
        sessions=timedelta(days=days.session_days),
    )


def pdf_limits() -> tuple[RateLimit, ...]:
    """Rate limit of PDF documents of one account."""
    return (RateLimit(limits().pdf_per_minute, timedelta(minutes=1), per_subject=True),)


def recovery_rules() -> RecoveryRules:
    """Rules of forgotten passwords."""
    counts = limits()
    settings = config()
    return RecoveryRules(
        link_life=timedelta(minutes=counts.link_minutes),
        codes=code_rules(),
        sms_prefixes=settings.sms.prefixes,
        terminated_access_months=settings.terminated_access_months,
        per_address=(RateLimit(counts.recoveries_per_address, HOUR, per_address=True),),
        per_login=(RateLimit(counts.recoveries_per_login, HOUR, per_subject=True),),
        sms=sms_limits(),
        code_tries=(
            RateLimit(counts.sms_tries_per_day, DAY, per_subject=True),
            RateLimit(4 * counts.sms_tries_per_day, HOUR, per_address=True),
        ),
        number_tries=(RateLimit(counts.sms_tries_per_day, DAY, per_subject=True),),
    )


def code_rules() -> CodeRules:
    """Life of a code by text message."""
    counts = limits()
    return CodeRules(
        life=timedelta(minutes=counts.sms_code_minutes),
        pause=timedelta(seconds=counts.sms_resend_seconds),
        tries=counts.sms_code_tries,
    )


def sms_limits() -> tuple[RateLimit, ...]:
    """Rate limits of codes by text message.

    What a provider did not accept does not count, but for the network address.
    """
    counts = limits()
    sent = Outcome.SUCCEEDED
    return (
        RateLimit(1, timedelta(seconds=counts.sms_resend_seconds), per_subject=True, outcome=sent),
        RateLimit(counts.sms_per_number, TEN_MINUTES, per_subject=True, outcome=sent),
        RateLimit(counts.sms_per_number_day, DAY, per_subject=True, outcome=sent),
        RateLimit(counts.sms_per_address, HOUR, per_address=True),
        RateLimit(config().sms.daily_cap, DAY, outcome=sent, staff_alert="sms daily cap"),
    )
