"""The rules of this installation, as the actions want them, from its settings."""

from __future__ import annotations

from datetime import timedelta

from app.actions.accounts.contacts import ContactRules
from app.actions.accounts.known_devices import SignInLimits
from app.actions.accounts.recovery import RecoveryRules
from app.actions.enquiries.attachments import MEBIBYTE, FileRules
from app.actions.enquiries.customer import EnquiryRules
from app.actions.readings.submission import ReadingRules
from app.actions.registration.policy import Rules
from app.actions.sms_codes import CodeRules
from app.actions.staff.members import StaffRules
from app.domain.rate_limits import NEW_HASH_LIMITS, Limit, Outcome, Tried
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
        Limit(
            config.sign_in_pair_failures,
            QUARTER_HOUR,
            per_subject=True,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        Limit(
            config.sign_in_address_failures,
            QUARTER_HOUR,
            per_address=True,
            outcome=Outcome.FAILED,
        ),
        Limit(config.sign_in_login_checks, HOUR, per_subject=True),
    )
    return SignInLimits(strangers, _device_limits(config))


def _device_limits(config: Config) -> tuple[Limit, ...]:
    """Of one browser that has signed in with the login before; a copied cookie helps little."""
    few, failed = config.sign_in_pair_failures, Outcome.FAILED
    return (
        Limit(few, QUARTER_HOUR, per_subject=True, outcome=failed),
        Limit(3 * few, DAY, per_subject=True, outcome=failed),
        Limit(config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed),
        Limit(config.sign_in_login_checks, HOUR, per_subject=True),
    )


def staff_rules(config: Config) -> StaffRules:
    """Sign-in of the supplier's people; a guessed code of six digits needs a million tries."""
    failed = Outcome.FAILED
    # The same few tries for a known device, but of its own: it counts by its own subject.
    codes = (
        Limit(10, QUARTER_HOUR, per_subject=True, outcome=failed),
        Limit(30, DAY, per_subject=True, outcome=failed),
        Limit(config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed),
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
    suppressed = Limit(1, DAY, per_subject=True, outcome=Outcome.FAILED)
    return (
        WatchedLimit("sms", Tried.SMS_REQUEST, daily_sms),
        WatchedLimit("sign_in", Tried.SIGN_IN, login_cap),
        WatchedLimit("staff_sign_in", Tried.STAFF_SIGN_IN, login_cap),
        WatchedLimit("staff_code", Tried.STAFF_CODE, few_codes),
        WatchedLimit("staff_code", Tried.STAFF_CODE, codes_a_day),
        WatchedLimit("email", Tried.EMAIL, suppressed),
        WatchedLimit("registration", Tried.REGISTRATION, registrations),
        WatchedLimit("proof", Tried.PROOF_CONTRACT, registration_rules(config).proof_brake),
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


def api_limits() -> tuple[Limit, ...]:
    """Wrong tokens from one address; the right one is never kept waiting."""
    return (Limit(20, QUARTER_HOUR, per_address=True, outcome=Outcome.FAILED),)


def registration_rules(config: Config) -> Rules:
    """Rules of registrations."""
    failed = Outcome.FAILED
    return Rules(
        needs_proof=config.registration_proof == "evidence",
        link_life=timedelta(minutes=config.link_minutes),
        stop_life=timedelta(days=config.stop_days),
        codes=code_rules(config),
        sms_prefixes=config.sms.prefixes,
        limits={
            Tried.FIRST_ENTRY: (
                Limit(config.first_entry_per_address, QUARTER_HOUR, per_address=True),
                Limit(config.first_entry_per_contract, HOUR, per_subject=True),
            ),
            Tried.REGISTRATION: registration_limits(config),
            Tried.PROOF: (Limit(config.proof_tries, MONTH, per_subject=True),),
            Tried.PROOF_CONTRACT: (
                Limit(3 * config.proof_tries, DAY, per_subject=True, per_address=True),
                Limit(5 * config.proof_tries, DAY, per_address=True),
            ),
            Tried.CONFIRM: (
                Limit(config.sign_in_pair_failures, HOUR, per_subject=True, outcome=failed),
                Limit(
                    config.sign_in_address_failures, QUARTER_HOUR, per_address=True, outcome=failed
                ),
            ),
            Tried.NEW_HASH: NEW_HASH_LIMITS,
            Tried.SMS_REQUEST: sms_limits(config),
            Tried.SMS_CODE: (Limit(config.sms_tries_per_day, DAY, per_subject=True),),
        },
        proof_brake=Limit(10 * config.proof_tries, MONTH, per_subject=True, outcome=failed),
    )


def registration_limits(config: Config) -> tuple[Limit, ...]:
    """Letters of confirmation that left: a stranger's must not use up the owner's, so each address
    has its own."""
    sent = Outcome.SUCCEEDED
    own, all_ = config.registrations_per_contract, 10 * config.registrations_per_contract
    return (
        Limit(own, DAY, per_subject=True, per_address=True, outcome=sent),
        # Letters that came back count here: those on record are told each time.
        Limit(2 * own, DAY, per_subject=True, per_address=True),
        Limit(all_, DAY, per_subject=True, name="registrations of one contract"),
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
        per_day=(Limit(config.attachments_per_day, DAY, per_subject=True),),
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
        changes=(Limit(config.contact_changes_per_hour, HOUR, per_subject=True),),
        sms=sms_limits(config),
        number_tries=(Limit(config.sms_tries_per_day, DAY, per_subject=True),),
    )


def pdf_limits(config: Config) -> tuple[Limit, ...]:
    """Documents laid out for one account."""
    return (Limit(config.pdf_per_minute, timedelta(minutes=1), per_subject=True),)


def recovery_rules(config: Config) -> RecoveryRules:
    """Rules of forgotten passwords."""
    return RecoveryRules(
        link_life=timedelta(minutes=config.link_minutes),
        codes=code_rules(config),
        sms_prefixes=config.sms.prefixes,
        terminated_access_months=config.terminated_access_months,
        per_address=(Limit(config.recoveries_per_address, HOUR, per_address=True),),
        per_login=(Limit(config.recoveries_per_login, HOUR, per_subject=True),),
        sms=sms_limits(config),
        code_tries=(
            Limit(config.sms_tries_per_day, DAY, per_subject=True),
            Limit(4 * config.sms_tries_per_day, HOUR, per_address=True),
        ),
        number_tries=(Limit(config.sms_tries_per_day, DAY, per_subject=True),),
    )


def code_rules(config: Config) -> CodeRules:
    """Life of a code by text message."""
    return CodeRules(
        life=timedelta(minutes=config.sms_code_minutes),
        pause=timedelta(seconds=config.sms_resend_seconds),
        tries=config.sms_code_tries,
    )


def sms_limits(config: Config) -> tuple[Limit, ...]:
    """Codes that left; what a provider did not take does not count, but for the address."""
    sent = Outcome.SUCCEEDED
    return (
        Limit(1, timedelta(seconds=config.sms_resend_seconds), per_subject=True, outcome=sent),
        Limit(config.sms_per_number, TEN_MINUTES, per_subject=True, outcome=sent),
        Limit(config.sms_per_number_day, DAY, per_subject=True, outcome=sent),
        Limit(config.sms_per_address, HOUR, per_address=True),
        Limit(config.sms.daily_cap, DAY, outcome=sent, name="sms daily cap"),
    )
