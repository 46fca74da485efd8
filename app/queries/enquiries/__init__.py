"""Reads of enquiries: for customers, and for staff."""
