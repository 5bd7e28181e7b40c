import gc

# A start makes some hundred thousand objects that stay. Collections in between find nothing, and take a tenth of the
# start's CPU. `container` freezes what was imported by then.
gc.set_threshold(100_000)
