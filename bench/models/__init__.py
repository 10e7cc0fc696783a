"""The built-in models, one file each. Users write files of the same form.

A model's file has a function ``build(**parameters)`` that returns a compiled Keras model, and often
``data()``, which returns ``(x_train, y_train), (x_test, y_test)``. It imports plain Keras and
nothing of this package. :mod:`aebench.bench.models.catalogue` has the files' names.

The parent never runs a model's file: a
:class:`aebench.bench.protocol.model_description.ModelDescription` says where the file is, and
workers load it by :func:`aebench.bench.models.loading.load`.

A file may also define ``closed_form(**parameters)``, which returns a
:class:`aebench.bench.models.loading.ClosedForm`. Only a model with a closed form has baselines
without Keras, an oracle in float64, and initial weights that are equal on all backends.
"""
