"""Register an account, from the contract number on; the states are in ``domain.registration``."""
