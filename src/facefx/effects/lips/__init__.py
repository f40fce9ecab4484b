"""Effects on the mouth: lips and teeth."""
