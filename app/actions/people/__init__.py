"""People of a contract: invitations, and changes of their access."""
