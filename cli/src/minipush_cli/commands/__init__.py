"""The commands, a module for each subject. `COMMANDS` lists those of the module."""
