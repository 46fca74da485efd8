"""Helpers without business: they know neither the portal nor its tables."""
