"""Effects on hair: dyed in one colour or several, greyed, shining."""
