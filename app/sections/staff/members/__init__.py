"""Staff: the supplier's people, their roles and departments."""
