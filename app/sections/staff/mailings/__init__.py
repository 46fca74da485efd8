"""Staff: mailings to a chosen list of contracts."""
