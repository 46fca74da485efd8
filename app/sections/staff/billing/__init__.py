"""Staff: loads of billing data, balance checks."""
