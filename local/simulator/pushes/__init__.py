"""Events about subscriptions, and the pushes that carry them to the callback."""
