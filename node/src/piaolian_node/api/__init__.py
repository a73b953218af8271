"""What every endpoint shares: who asks, first answers, problem documents, limits."""
