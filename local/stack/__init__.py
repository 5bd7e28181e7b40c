"""The complete stack on one machine: build, emulator, simulator, deploy and HTTP API."""
