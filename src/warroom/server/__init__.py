"""The front door over the network: it lets in whom it should, and asks the room."""
