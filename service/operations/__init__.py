"""Run the service: watch it, ask how it does, talk to it while it serves, stop it."""
