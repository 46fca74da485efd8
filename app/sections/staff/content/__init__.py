"""Staff: directories, announcements, texts, details of the supplier."""
