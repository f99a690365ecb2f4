"""One small file a command: parses, calls the worker, prints."""
