"""Reads of meters and their readings: for customers, and for staff."""
