"""What `make` runs for those who operate a deployed stack. Nothing here is deployed."""
