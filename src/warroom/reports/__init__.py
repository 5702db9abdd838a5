"""An incident as a document that is sent, for the inside and for clients."""
