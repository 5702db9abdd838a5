"""A real small service that fails and recovers, for demos and drills."""
