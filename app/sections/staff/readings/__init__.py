"""Staff: submitted readings, entry by telephone, exchange with billing."""
