"""Staff desk: enquiries."""
