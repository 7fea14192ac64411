"""What several tests need: a simulator with consoles at it, and real processes to kill."""
