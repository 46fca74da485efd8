"""Staff: what waits today."""
