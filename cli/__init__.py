"""The `balto` command."""
