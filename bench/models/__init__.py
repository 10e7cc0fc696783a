"""The built-in models, one file each. Users write files of the same form.

A model's file has a function ``build(**parameters)`` that returns a compiled Keras model, and
imports Keras inside that function. The parent never runs it: a
:class:`aebench.bench.protocol.model_description.ModelDescription` says where the file is, and
workers load it by :func:`aebench.bench.models.loading.load`.

A file may also define ``closed_form(**parameters)``, which returns a
:class:`aebench.bench.models.loading.ClosedForm`. Only a model with a closed form has baselines
without Keras, an oracle in float64, and initial weights that are equal on all backends.
"""
