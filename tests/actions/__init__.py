"""The refund engine against a real server, real files and real processes."""
