"""Staff desk: directories."""
