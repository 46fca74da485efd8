"""The way from a contract number to an account; its states are in ``domain.registration``."""
