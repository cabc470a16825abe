"""Looking things up in the search store."""
