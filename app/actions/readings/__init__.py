"""Writes of meter readings: by customers, and by staff."""
