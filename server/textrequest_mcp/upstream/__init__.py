"""Everything that knows how to talk to Text Request over the network."""
