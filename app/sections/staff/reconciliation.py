"""Staff desk: reconciliation."""
