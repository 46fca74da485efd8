"""Staff: registrations that wait for a decision."""
