"""Section: what a person is told of and by which channel; the link that ends emails."""

from app.sections.notifications.routes import bp
from app.sections.notifications.unsubscribe_link import bp as links

__all__ = ["bp", "links"]
