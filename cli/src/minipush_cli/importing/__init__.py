"""`minipush import`: permits, tags and settings from files and from Redis."""
