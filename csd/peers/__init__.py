"""The client side: questions put to other directories in CSD, and their answers read as from a stranger."""
