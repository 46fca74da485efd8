"""Staff: the audit log, as page and as files."""
