"""An HTTP service for a student: an API and a web page."""
