"""Backups: a copy of the database, verified by opening it, with files and a manifest beside it."""
