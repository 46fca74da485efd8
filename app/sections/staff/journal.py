"""Staff desk: journal."""
