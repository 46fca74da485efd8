"""The rules of this installation, as the actions want them, from its settings."""

from __future__ import annotations

from datetime import timedelta

from app.actions.accounts.known_devices import SignInLimits
from app.actions.accounts.policy import ContactRules, RecoveryRules
from app.actions.enquiries.attachments import MEBIBYTE, FileRules
from app.actions.enquiries.customer import EnquiryRules
from app.actions.readings.submission import ReadingRules
from app.actions.registration.policy import RegistrationRules
from app.actions.sms_codes import CodeRules
from app.actions.staff.members import StaffRules
from app.domain.rate_limits import NEW_HASH_LIMITS, LimitedAction, Outcome, RateLimit
from app.domain.reading_windows import WindowRules
from app.queries.reached_limits import WatchedLimit
from config import Config

TEN_MINUTES = timedelta(minutes=10)
QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONTH = timedelta(days=30)


def sign_in_limits(config: Config) -> SignInLimits:
    """Failures of one login from one address are few, so that somebody else's guesses do not lock
    the owner out; the cap per login holds against many addresses, but for known devices."""
    strangers = (
        RateLimit(
            config.sign_in_pair_failures,
            QUARTER_HOUR,
            per_subject=True,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        RateLimit(
            config.sign_in_address_failures,
            QUARTER_HOUR,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        RateLimit(config.sign_in_login_checks, HOUR, per_subject=True),
    )
    return SignInLimits(strangers, _device_limits(config))


def _device_limits(config: Config) -> tuple[RateLimit, ...]:
    """Of one browser that has signed in with the login before; a copied cookie helps little."""
    few, failed = config.sign_in_pair_failures, Outcome.FAILED
    return (
        RateLimit(few, QUARTER_HOUR, per_subject=True, outcome=failed),
        RateLimit(3 * few, DAY, per_subject=True, outcome=failed),
        RateLimit(config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed),
        RateLimit(config.sign_in_login_checks, HOUR, per_subject=True),
    )


def staff_rules(config: Config) -> StaffRules:
    """Sign-in of the supplier's people; a guessed code of six digits needs a million tries."""
    failed = Outcome.FAILED
    # The same few tries for a known device, but of its own: it counts by its own subject.
    codes = (
        RateLimit(10, QUARTER_HOUR, per_subject=True, outcome=failed),
        RateLimit(30, DAY, per_subject=True, outcome=failed),
        RateLimit(config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed),
    )
    return StaffRules(
        config.secret_key,
        sign_in_limits(config),
        SignInLimits(codes, codes),
    )


def watched_limits(config: Config) -> tuple[WatchedLimit, ...]:
    """Limits whose being reached staff have to see: something is wrong, or somebody shut out."""
    *_, login_cap = sign_in_limits(config).strangers
    few_codes, codes_a_day, _ = staff_rules(config).codes.strangers
    *_, registrations = registration_limits(config)
    *_, daily_sms = sms_limits(config)
    suppressed = RateLimit(1, DAY, per_subject=True, outcome=Outcome.FAILED)
    return (
        WatchedLimit("sms", LimitedAction.SMS_REQUEST, daily_sms),
        WatchedLimit("sign_in", LimitedAction.SIGN_IN, login_cap),
        WatchedLimit("staff_sign_in", LimitedAction.STAFF_SIGN_IN, login_cap),
        WatchedLimit("staff_code", LimitedAction.STAFF_CODE, few_codes),
        WatchedLimit("staff_code", LimitedAction.STAFF_CODE, codes_a_day),
        WatchedLimit("email", LimitedAction.EMAIL, suppressed),
        WatchedLimit("registration", LimitedAction.REGISTRATION, registrations),
        WatchedLimit(
            "proof", LimitedAction.PROOF_CONTRACT, registration_rules(config).proof_lockout
        ),
    )


def session_lives(config: Config) -> tuple[timedelta, timedelta]:
    """How long a customer's session lasts unused, and in any case."""
    return timedelta(minutes=config.session_idle_minutes), timedelta(hours=config.session_max_hours)


def staff_session_lives(config: Config) -> tuple[timedelta, timedelta]:
    """How long a session of the desk lasts unused, and in any case."""
    return (
        timedelta(minutes=config.staff_session_idle_minutes),
        timedelta(hours=config.staff_session_max_hours),
    )


def api_limits() -> tuple[RateLimit, ...]:
    """Wrong tokens from one address; the right one is never kept waiting."""
    return (RateLimit(20, QUARTER_HOUR, per_address=True, outcome=Outcome.FAILED),)


def registration_rules(config: Config) -> RegistrationRules:
    """Rules of registrations."""
    failed = Outcome.FAILED
    return RegistrationRules(
        needs_proof=config.registration_proof == "evidence",
        link_life=timedelta(minutes=config.link_minutes),
        stop_life=timedelta(days=config.stop_days),
        codes=code_rules(config),
        sms_prefixes=config.sms.prefixes,
        limits={
            LimitedAction.FIRST_ENTRY: (
                RateLimit(config.first_entry_per_address, QUARTER_HOUR, per_address=True),
                RateLimit(config.first_entry_per_contract, HOUR, per_subject=True),
            ),
            LimitedAction.REGISTRATION: registration_limits(config),
            LimitedAction.PROOF: (RateLimit(config.proof_tries, MONTH, per_subject=True),),
            LimitedAction.PROOF_CONTRACT: (
                RateLimit(3 * config.proof_tries, DAY, per_subject=True, per_address=True),
                RateLimit(5 * config.proof_tries, DAY, per_address=True),
            ),
            LimitedAction.CONFIRM: (
                RateLimit(config.sign_in_pair_failures, HOUR, per_subject=True, outcome=failed),
                RateLimit(
                    config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed
                ),
            ),
            LimitedAction.NEW_HASH: NEW_HASH_LIMITS,
            LimitedAction.SMS_REQUEST: sms_limits(config),
            LimitedAction.SMS_CODE: (RateLimit(config.sms_tries_per_day, DAY, per_subject=True),),
        },
        proof_lockout=RateLimit(10 * config.proof_tries, MONTH, per_subject=True, outcome=failed),
    )


def registration_limits(config: Config) -> tuple[RateLimit, ...]:
    """Letters of confirmation that left: a stranger's must not use up the owner's, so each address
    has its own."""
    sent = Outcome.SUCCEEDED
    own, all_ = config.registrations_per_contract, 10 * config.registrations_per_contract
    return (
        RateLimit(own, DAY, per_subject=True, per_address=True, outcome=sent),
        # Letters that came back count here: those on record are told each time.
        RateLimit(2 * own, DAY, per_subject=True, per_address=True),
        RateLimit(all_, DAY, per_subject=True, staff_alert="registrations of one contract"),
    )


def window_rules(config: Config) -> WindowRules:
    """When readings are taken."""
    return WindowRules(
        config.readings_month_end_opens,
        config.readings_month_end_closes,
        config.readings_mkd_opens,
        config.readings_mkd_closes,
    )


def reading_rules(config: Config) -> ReadingRules:
    """What becomes of a reading at once."""
    return ReadingRules(auto_accept=config.readings_auto_accept == "plausible")


def file_rules(config: Config) -> FileRules:
    """Which files of customers are taken."""
    return FileRules(
        max_bytes=config.attachment_max_mb * MEBIBYTE,
        per_message=config.attachments_per_message,
        per_day=(RateLimit(config.attachments_per_day, DAY, per_subject=True),),
        account_bytes=config.attachments_account_mb * MEBIBYTE,
        disk_free=config.disk_free_mb * MEBIBYTE,
    )


def enquiry_rules(config: Config) -> EnquiryRules:
    """Terms of answers, and how many enquiries one account may send."""
    return EnquiryRules(config.enquiry_answer_days, config.enquiries_per_day)


def contact_rules(config: Config) -> ContactRules:
    """Rules of contacts and passwords that people change themselves."""
    return ContactRules(
        link_life=timedelta(minutes=config.link_minutes),
        codes=code_rules(config),
        sms_prefixes=config.sms.prefixes,
        sign_in=sign_in_limits(config),
        changes=(RateLimit(config.contact_changes_per_hour, HOUR, per_subject=True),),
        sms=sms_limits(config),
        number_tries=(RateLimit(config.sms_tries_per_day, DAY, per_subject=True),),
    )


def pdf_limits(config: Config) -> tuple[RateLimit, ...]:
    """Documents laid out for one account."""
    return (RateLimit(config.pdf_per_minute, timedelta(minutes=1), per_subject=True),)


def recovery_rules(config: Config) -> RecoveryRules:
    """Rules of forgotten passwords."""
    return RecoveryRules(
        link_life=timedelta(minutes=config.link_minutes),
        codes=code_rules(config),
        sms_prefixes=config.sms.prefixes,
        terminated_access_months=config.terminated_access_months,
        per_address=(RateLimit(config.recoveries_per_address, HOUR, per_address=True),),
        per_login=(RateLimit(config.recoveries_per_login, HOUR, per_subject=True),),
        sms=sms_limits(config),
        code_tries=(
            RateLimit(config.sms_tries_per_day, DAY, per_subject=True),
            RateLimit(4 * config.sms_tries_per_day, HOUR, per_address=True),
        ),
        number_tries=(RateLimit(config.sms_tries_per_day, DAY, per_subject=True),),
    )


def code_rules(config: Config) -> CodeRules:
    """Life of a code by text message."""
    return CodeRules(
        life=timedelta(minutes=config.sms_code_minutes),
        pause=timedelta(seconds=config.sms_resend_seconds),
        tries=config.sms_code_tries,
    )


def sms_limits(config: Config) -> tuple[RateLimit, ...]:
    """Codes that left; what a provider did not take does not count, but for the address."""
    sent = Outcome.SUCCEEDED
    return (
        RateLimit(1, timedelta(seconds=config.sms_resend_seconds), per_subject=True, outcome=sent),
        RateLimit(config.sms_per_number, TEN_MINUTES, per_subject=True, outcome=sent),
        RateLimit(config.sms_per_number_day, DAY, per_subject=True, outcome=sent),
        RateLimit(config.sms_per_address, HOUR, per_address=True),
        RateLimit(config.sms.daily_cap, DAY, outcome=sent, staff_alert="sms daily cap"),
    )
