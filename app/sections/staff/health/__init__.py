"""Staff: what is in order with the installation, and what is not."""
