"""The data sets by name, for the command's help: nothing heavy is imported here."""

# What --data names beside files.
DATA = ("auto", "mnist", "fashion_mnist", "embedded")
IMAGE_SHAPE = (28, 28)
