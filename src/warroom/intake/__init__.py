"""Reports from other systems: one module a vendor, payload in, `Report` out; nothing is decided."""
