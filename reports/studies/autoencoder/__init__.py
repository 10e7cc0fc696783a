"""The autoencoders' study: is the wider network worth its price, and does dropout help?"""
