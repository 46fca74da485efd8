"""Staff: outgoing emails and text messages."""
