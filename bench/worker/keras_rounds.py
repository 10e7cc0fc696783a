"""The worker's side of the speed pass for Keras: rounds inside ``fit`` and ``predict``."""

import time

from aebench import backends
from aebench.bench.models.autoencoder import parse
from aebench.bench.protocol.channel import Channel, Message
from aebench.bench.protocol.samples import Samples
from aebench.bench.protocol.settings import ContenderSettings
from aebench.bench.worker.batches import repeated
from aebench.bench.worker.calls import Calls
from aebench.bench.worker.runtime_info import facts
from aebench.bench.workloads import CALL, Workload


class Fits:
    """Runs rounds inside Keras's ``fit`` and ``predict``."""

    def __init__(self, channel: Channel, job: Message) -> None:
        from aebench.bench.models import autoencoder_keras
        from aebench.bench.models.initial_weights import initial_weights
        from aebench.bench.worker.stepping import steps_per_call

        self._channel = channel
        self._backend = backends.load(job["backend"])
        model = parse(job["model"])
        self._keras_model, _, _ = autoencoder_keras.build(
            model, ContenderSettings.from_dict(job["settings"])
        )
        self._keras_model.set_weights(initial_weights(model, job["seed"]))
        self._steps_per_call = steps_per_call(self._keras_model)

    def facts(self) -> Message:
        """Tell what is in force."""
        return facts(self._backend, self._keras_model)

    def calibrate(self, request: Message, workload: Workload, samples: Samples) -> Message:
        """Compile, and return roughly what a step takes."""
        if workload.timing == CALL:
            return self._calls(request, workload, samples).calibrate(request["steps"])
        from aebench.bench.worker.stepping import Script, Stepper

        batch_size, each = request["batch_size"], self._steps_per_call
        steps = -(-request["steps"] // each) * each
        discarded_steps = -(-steps // 3 // each) * each
        samples = repeated(samples, batch_size, 2 * steps + each, each)
        samples = samples.first((2 * steps + each) * batch_size)
        stepper = Stepper(self._keras_model, self._backend, workload, samples, batch_size)
        answers: list[Message] = []

        def script() -> Script:
            yield from stepper.round(steps, discarded_steps, answers.append)

        stepper.run(script())
        stepper.let_go()
        return {"step_seconds": answers[0]["seconds"] / steps}

    def enter(self, request: Message, workload: Workload, samples: Samples) -> None:
        """Stay inside one run of the workload, or repeated runs, and run rounds on command."""
        if workload.timing == CALL:
            self._calls(request, workload, samples).serve(self._channel)
            return
        from aebench.bench.worker.stepping import Script, Stepper

        batch_size, each = request["batch_size"], self._steps_per_call
        samples = repeated(samples, batch_size, request["epoch_steps"] + 2 * each, each)
        stepper = Stepper(self._keras_model, self._backend, workload, samples, batch_size)
        called = time.perf_counter()
        channel = self._channel

        def script() -> Script:
            began = stepper.epoch_began_seconds
            channel.send({"call_seconds": began[0] - called if began else None})
            yield
            while (wanted := channel.receive())["do"] == "round":
                yield from stepper.round(wanted["steps"], wanted["discarded_steps"], channel.send)

        stepper.run(script())
        stepper.let_go()

    def _calls(self, request: Message, workload: Workload, samples: Samples) -> Calls:
        return Calls(self._keras_model, self._backend, workload, samples, request["batch_size"])

    def short_epochs(self, request: Message, samples: Samples) -> list[dict[str, float]]:
        """Time the ends of short epochs."""
        from aebench.bench.worker.stepping import short_epochs

        batch_size, steps = request["batch_size"], request["steps"]
        epoch = repeated(samples, batch_size, steps).first(steps * batch_size)
        return short_epochs(self._keras_model, self._backend, epoch, batch_size, request["epochs"])
