"""`minipush export`: what the API knows, in files."""
