"""The demo: the console on a small service that really fails and is really cured."""
