"""Students: small models that are pretrained, fine-tuned and put to work."""

import os

# Idle threads of torch's OpenMP spin before they sleep. On a machine that does something else besides (a teacher in the
# background, say) they take the cores from the threads that they wait for: a step that takes 2.5 s with one thread took
# 33 s with two, and 2.7 s with short spins. Read when torch is loaded, so it must be set before.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
