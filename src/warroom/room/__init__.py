"""The one service behind every front door: commands in, decisions kept, changes told."""
