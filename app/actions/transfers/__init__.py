"""Writes of contracts that changed hands."""
