"""What stands between an assistant and a person's phone."""
