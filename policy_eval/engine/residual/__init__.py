"""What is not known: the condition that an answer hangs on, exactly."""
