"""The desk."""

import gc

# A cold start makes very many objects and next to no garbage; looking for some at each 700th, as Python does before
# 3.14, is a twentieth of it.
gc.set_threshold(50_000)
