"""Updates to other systems: one module a kind of channel; what is sent was decided elsewhere."""
