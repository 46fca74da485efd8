"""Writes of mailings: drafted by a clerk, sent by the worker, opened by customers."""
