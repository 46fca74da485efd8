"""Tests of Kabinet."""
