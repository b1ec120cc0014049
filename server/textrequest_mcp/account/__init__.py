"""What an assistant can do with an account: one module for each noun."""
