"""Staff desk: reading_entry."""
