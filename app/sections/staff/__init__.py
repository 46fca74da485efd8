"""Section: the workplace of the supplier's staff; a folder for each area, one blueprint for all."""

from app.sections.staff.audit_log import routes as audit_log
from app.sections.staff.billing import balance_checks
from app.sections.staff.billing import routes as billing
from app.sections.staff.blueprint import bp
from app.sections.staff.content import announcements, directories, supplier, texts
from app.sections.staff.customers import contact_gaps, notes, transfers
from app.sections.staff.customers import routes as customers
from app.sections.staff.dashboard import routes as dashboard
from app.sections.staff.enquiries import entry, thread
from app.sections.staff.enquiries import routes as enquiries
from app.sections.staff.figures import routes as figures
from app.sections.staff.health import routes as health
from app.sections.staff.mailings import proofs
from app.sections.staff.mailings import routes as mailings
from app.sections.staff.members import routes as members
from app.sections.staff.messages import routes as messages
from app.sections.staff.my_account import routes as my_account
from app.sections.staff.readings import exchange, phone_submission
from app.sections.staff.readings import routes as readings
from app.sections.staff.registrations import routes as registrations
from app.sections.staff.sign_in import routes as sign_in
from app.sections.staff.sign_in import setup_link

__all__ = [
    "announcements",
    "audit_log",
    "balance_checks",
    "billing",
    "bp",
    "contact_gaps",
    "customers",
    "dashboard",
    "directories",
    "enquiries",
    "entry",
    "exchange",
    "figures",
    "health",
    "mailings",
    "members",
    "messages",
    "my_account",
    "notes",
    "phone_submission",
    "proofs",
    "readings",
    "registrations",
    "setup_link",
    "sign_in",
    "supplier",
    "texts",
    "thread",
    "transfers",
]
