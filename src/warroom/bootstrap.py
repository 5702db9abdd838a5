"""Wire settings, store, room and console together: the only place that knows them all."""
