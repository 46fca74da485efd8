"""Staff desk: enquiry."""
