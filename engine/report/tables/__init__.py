"""Tables in the shapes that regulators' texts ask for: evidence to fill in, never a finding about a law."""
