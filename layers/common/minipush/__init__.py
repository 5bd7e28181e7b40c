"""minipush: serverless push for WeChat mini-programs."""

import gc

__version__ = "0.1.0"

# A start makes some hundred thousand objects that stay. Collections in between find nothing, and take a tenth of the
# start's CPU. `container` freezes what was imported by then.
gc.set_threshold(100_000)
