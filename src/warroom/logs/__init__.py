"""Log files, pipes and streams: index, follow, search, histogram. Usable on its own."""
