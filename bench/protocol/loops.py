"""The loops in which the memory pass looks for growth: what users do over and over."""

# What a repeat of each loop does, in the words of the tables.
LOOPS = {
    "epochs": "an epoch of a long call of fit",
    "fit": "a call of fit, of one epoch",
    "predict": "a call of predict",
    "predict_on_batch": "a call of predict_on_batch",
    "build": "a model that is built, trained for a step and released",
    "save": "a model that is saved and loaded",
}
ALL = "all"
# The first repeats fill caches: their memory isn't growth.
WARM_REPEATS = 5
REPEATS, LEAST_REPEATS, MOST_REPEATS = 60, 20, 10_000
# A repeat is short: few batches show what a repeat leaves behind as well as many do.
LOOP_BATCHES = 8
