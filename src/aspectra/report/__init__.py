"""Reports of results: pages, charts, Markdown."""
