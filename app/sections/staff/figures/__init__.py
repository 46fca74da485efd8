"""Staff: figures of the work for managers."""
