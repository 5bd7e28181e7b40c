"""What the message centre needs from outside."""
