"""Staff desk: readings."""
