"""Statements (справки) as page, PDF, XLSX, CSV and prepared file, all through one mechanism.

A statement type says what its statement is made of and how it is shown; ``routes`` adds the page
and the files to a section, and the worker makes a prepared file from the same arguments.
"""

from app.web.statements.base import StatementType
from app.web.statements.charge import ChargeStatementType
from app.web.statements.settlement import SettlementStatementType

STATEMENT_TYPES: dict[str, StatementType] = {
    statement_type.code: statement_type
    for statement_type in (SettlementStatementType(), ChargeStatementType())
}
"""By code, as orders of prepared files name them."""

__all__ = ["STATEMENT_TYPES", "StatementType"]
