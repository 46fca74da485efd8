"""Writes of enquiries: by customers, and by staff."""
