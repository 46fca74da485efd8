"""Writes of the supplier's staff about themselves."""
