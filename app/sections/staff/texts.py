"""Staff desk: texts."""
