"""Other people's annotation formats -> benchmark sets, and back: read, settle the labels, write a folder."""
