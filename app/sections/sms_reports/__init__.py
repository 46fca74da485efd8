"""Section: delivery reports that operators of text messages send."""

from app.sections.sms_reports.routes import bp

__all__ = ["bp"]
