"""The simulated shop: real processes on loopback that serve, fail and recover.

This file stays empty of imports: every child process imports the package and must start fast.
`supervisor.SimulatedService` starts it, `books.write_runbooks` writes the runbooks that contain it.
"""
