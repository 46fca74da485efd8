"""Staff: own password, authenticator and sessions."""
