"""The panes: one file each; a pane knows the snapshot and its own widgets."""
