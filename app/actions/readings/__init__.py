"""Submit, withdraw, accept and reject meter readings."""
