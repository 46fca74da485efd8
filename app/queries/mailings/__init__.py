"""Queries of mailings: whom they go to, what became of them, what a customer reads."""
