"""The journal and its projections in SQLite or PostgreSQL. Rows never leave this package."""
