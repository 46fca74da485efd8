"""Staff: customers, their contracts, contract transfers."""
