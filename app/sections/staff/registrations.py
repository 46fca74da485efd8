"""Staff desk: registrations."""
