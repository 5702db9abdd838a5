"""warroom: a terminal incident war room."""

__version__ = "0.1.0"
