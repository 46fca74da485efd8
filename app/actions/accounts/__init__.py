"""Writes of customers' accounts: sign-in, contacts, password, recovery, consents."""
