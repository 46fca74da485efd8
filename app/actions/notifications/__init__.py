"""Messages about events: queued for who wants them, gathered into digests, refused by a link."""
