"""Widgets that several panes draw with."""
