"""What a person sees: one blueprint a section."""
