"""One small file per command: parses, calls the worker, prints."""
