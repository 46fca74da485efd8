"""Staff desk: customers."""
