"""Work that is run by the worker, by a command, or after the answer has been sent."""
