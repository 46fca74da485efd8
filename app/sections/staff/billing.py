"""Staff desk: billing."""
