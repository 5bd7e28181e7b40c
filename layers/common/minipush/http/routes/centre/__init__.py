"""The routes of the message centre, one file for each subject."""
