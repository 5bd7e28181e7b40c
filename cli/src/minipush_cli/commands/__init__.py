"""The commands, a module for each subject. `register` adds them to their group."""
