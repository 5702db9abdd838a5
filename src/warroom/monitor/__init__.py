"""Monitoring systems: numbers from Prometheus, silences in Alertmanager."""
