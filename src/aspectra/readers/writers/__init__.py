"""Writers at work: two engines behind one Protocol, an answer's opinions, constraints, conversion."""
