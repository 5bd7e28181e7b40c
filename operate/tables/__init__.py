"""Carry the tables of a stack to S3, and from there into those of another one: `make export` and `make import`."""
