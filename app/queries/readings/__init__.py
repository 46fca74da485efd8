"""Meters, readings and receipts, for customers and for staff."""
