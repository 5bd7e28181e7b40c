"""The message centre: apps whose users let them write into an inbox, and reminders of what is in it."""
