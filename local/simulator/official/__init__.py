"""The official account beside the mini-program: its followers, its template messages and its events."""
