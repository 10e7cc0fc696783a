"""The autoencoders' study: the price of a wider network, and the worth of dropout."""
