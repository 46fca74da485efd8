"""Staff desk: messages."""
