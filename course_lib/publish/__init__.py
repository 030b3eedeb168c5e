"""Build the book into a site, and serve it on this machine. Instructor-only."""
