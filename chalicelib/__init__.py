"""The desk."""

import gc

# A cold start makes some 110,000 objects and next to no garbage: looking for some at each 700th, as Python does before
# 3.14, is a tenth of it.
gc.set_threshold(150_000)
