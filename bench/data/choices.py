"""The names of the data sets. The command's help needs them, so that nothing slow is imported."""

# The values of --data that are names of data sets; other values are paths of files.
DATA = ("auto", "mnist", "fashion_mnist", "embedded")
IMAGE_SHAPE = (28, 28)
