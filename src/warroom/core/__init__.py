"""The pure heart: events, commands, decisions, state. Standard library only, no I/O, no clock."""
