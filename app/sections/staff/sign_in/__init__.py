"""Staff: sign-in with two factors."""
