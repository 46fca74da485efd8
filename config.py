"""Settings of the portal: one frozen class, read from the environment once.

Every fault is reported at once, by name, so that a deployment is mended in one round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent


class ConfigError(Exception):
    """The environment holds settings the portal cannot start with; ``faults`` has a line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("Настройки не приняты:\n  " + "\n  ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class MailSettings:
    """How letters leave; without ``server`` they are written to ``outbox``."""

    outbox: Path
    server: str = ""
    port: int = 587
    use_tls: bool = True
    use_ssl: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = "kabinet@localhost"
    timeout: int = 8
    """Seconds for the whole conversation; a person may be waiting."""


@dataclass(frozen=True)
class SmsSettings:
    """How text messages leave, to whom, and how many."""

    outbox: Path
    sender: str = "file"
    from_: str = ""
    timeout: int = 8
    """Seconds, half of them for connecting."""
    prefixes: tuple[str, ...] = ("+79",)
    """Beginnings of numbers that get messages."""
    daily_cap: int = 500
    """Codes of all people together in 24 hours; reaching it is an alarm."""
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_api_base: str = ""
    http_method: str = "POST"
    http_url: str = field(default="", repr=False)
    http_body: str = field(default="", repr=False)
    http_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    http_success: str = ""


@dataclass(frozen=True)
class Config:
    """All settings. A default is fit for one machine without any server, and is never a secret."""

    secret_key: str = field(repr=False)
    instance_dir: Path
    database_url: str = field(repr=False)
    base_url: str
    supplier_timezone: ZoneInfo
    production: bool = False
    fixed_now: datetime | None = None
    trusted_proxies: int = 0
    session_idle_minutes: int = 30
    session_max_hours: int = 12
    staff_session_idle_minutes: int = 15
    staff_session_max_hours: int = 8
    terminated_access_months: int = 36
    """How long the people of a terminated contract may still read it."""
    billing_age_hours: int = 36
    """Billing data older than this are pointed out to staff."""
    staff_alert_emails: tuple[str, ...] = ()
    """Who is told by email that billing data were not loaded."""
    import_token: str = field(default="", repr=False)
    """Opens ``POST /api/import`` to the billing system; empty: there is no such door."""
    import_max_mb: int = 2048
    """Largest batch that is sent to the portal."""
    sign_in_address_failures: int = 25
    """Failed sign-ins from one address in 15 minutes before it has to wait."""
    sign_in_pair_failures: int = 10
    """Failed sign-ins for one login from one address in 15 minutes."""
    sign_in_login_checks: int = 100
    """Password checks of one login in an hour, whatever the addresses."""
    statement_max_rows: int = 2000
    """Longest statement made at once, as a page or for a spreadsheet; …"""
    pdf_max_rows: int = 300
    """… as PDF, which takes a second for every 70 rows; longer ones are made by the worker, …"""
    file_max_rows: int = 10_000
    """… up to this; a longer period has to be narrowed."""
    pdf_per_minute: int = 10
    """PDF documents for one account."""
    readings_auto_accept: str = "plausible"
    """``plausible``: a reading in time that raises no doubt is accepted at once; ``off``."""
    readings_month_end_opens: int = 20
    """Day of the month from which readings «as of the 1st» are taken, …"""
    readings_month_end_closes: int = 1
    """… and day of the next month whose end closes it; the same for apartment buildings:"""
    readings_mkd_opens: int = 23
    readings_mkd_closes: int = 26
    readings_unusual_times: int = 3
    """Times the usual month from which a consumption has to be confirmed."""
    sber_online_url: str = "https://online.sberbank.ru/"
    """«Сбербанк Онлайн», for sole traders and owners of premises; empty hides the button."""
    sber_business_url: str = "https://sbi.sberbank.ru/"
    """«СберБизнес», for companies."""
    attachment_max_mb: int = 10
    """Largest file of an enquiry, …"""
    attachments_per_message: int = 10
    """… how many of them at once, …"""
    attachments_per_day: int = 20
    """… from one account in a day, …"""
    attachments_account_mb: int = 100
    """… and how much of one account in all."""
    disk_free_mb: int = 500
    """Room that has to be left on the disk; files are refused before it is used up."""
    enquiries_per_day: int = 20
    """Enquiries of one account."""
    enquiry_answer_days: int = 30
    """Days in which an enquiry is answered, where its topic has no term of its own."""
    contact_changes_per_hour: int = 5
    """New addresses and numbers of one account."""
    files_url: str = field(default="", repr=False)
    """Where files of customers lie: a folder or ``s3://…``; empty: in ``instance_dir``."""
    files_endpoint: str = ""
    """Address of an S3-compatible service."""
    clamd_address: str = ""
    """The virus scanner, ``host:port`` or the path of a socket; empty: none."""
    edo_operator: str = ""
    """The supplier's operator of electronic documents …"""
    edo_participant_id: str = ""
    """… and its participant id there."""
    mail: MailSettings = field(default_factory=lambda: MailSettings(ROOT / "instance" / "outbox"))
    sms: SmsSettings = field(default_factory=lambda: SmsSettings(ROOT / "instance" / "outbox"))
    jobs: str = "inline"
    """``inline``: messages leave with the request that causes them; ``queue``: a worker sends."""
    redis_url: str = field(default="", repr=False)
    registration_proof: str = "evidence"
    """``evidence``: who is not on record proves the right to the contract; ``none``: nobody."""
    link_minutes: int = 60
    """Life of a link that confirms a registration or sets a new password."""
    stop_days: int = 7
    """How long those on record can stop a registration."""
    sms_code_minutes: int = 10
    sms_resend_seconds: int = 60
    sms_code_tries: int = 5
    sms_tries_per_day: int = 15
    """Codes typed for one number, whatever the registrations."""
    sms_per_number: int = 3
    """Codes to one number in 10 minutes …"""
    sms_per_number_day: int = 5
    """… and in 24 hours."""
    sms_per_address: int = 10
    """Codes asked for by one network address in an hour."""
    first_entry_per_address: int = 20
    """First entries from one address in 15 minutes …"""
    first_entry_per_contract: int = 30
    """… and for one contract in an hour."""
    registrations_per_contract: int = 10
    """Letters of confirmation for one contract in 24 hours."""
    proof_tries: int = 3
    """Totals tried in one registration; per contract, address and day three times as many."""
    recoveries_per_login: int = 3
    """Letters or codes for one forgotten password in an hour."""
    recoveries_per_address: int = 20

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Build from environment variables; raise ConfigError naming every fault."""
        # Not above: the readers know this class.
        from app.integrations.environment import EnvironmentReader  # noqa: PLC0415

        return EnvironmentReader(environ).config()

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def files_place(self) -> str:
        """Where files of customers lie."""
        return self.files_url or str(self.instance_dir / "files")

    @property
    def bank_links(self) -> tuple[tuple[str, str], ...]:
        """Words and addresses of the buttons that lead to banks."""
        links = (("Сбербанк Онлайн", self.sber_online_url), ("СберБизнес", self.sber_business_url))
        return tuple((words, url) for words, url in links if url)

    @property
    def trusted_hosts(self) -> list[str]:
        """Host names this portal answers to; local ones only outside production."""
        host = urlsplit(self.base_url).hostname or ""
        return [host] if self.production else [host, "localhost", "127.0.0.1", "[::1]"]
