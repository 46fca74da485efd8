"""Metrics for Prometheus."""

from app.sections.metrics.routes import bp

__all__ = ["bp"]
