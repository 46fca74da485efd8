"""``make drill``: repeatable proofs of what ``docs/reliability.md`` promises, part by part."""
