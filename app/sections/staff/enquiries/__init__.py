"""Staff: the queue of enquiries, and one enquiry."""
