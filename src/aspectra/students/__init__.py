"""Students: small models that are pretrained, fine-tuned and used."""

import os

# Idle threads of torch's OpenMP spin before they sleep. If another process is busy (a teacher in the background, say),
# they take cores from the threads that they wait for: a step of 2.5 s with one thread took 33 s with two, and 2.7 s
# with short spins. torch reads this variable when it is loaded, so it is set before.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
