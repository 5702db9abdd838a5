"""Runbooks: Markdown in, steps out, and the runner that executes one step."""
