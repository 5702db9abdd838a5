"""Seeded incidents as log files: a shop's traffic, and what can happen to it.

Independent of the analysis: it knows nothing of how failures are found.
"""
