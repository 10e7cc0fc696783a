"""Describe the machine, measure its noise, and find what could make its numbers wrong."""
