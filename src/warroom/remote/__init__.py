"""A room whose incidents another machine keeps: read from a copy here, useful offline."""
