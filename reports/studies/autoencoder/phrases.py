"""The sentences of the answers to the study's questions, in English and in French."""

from collections.abc import Sequence
from dataclasses import dataclass

from aebench.reports.summary import Estimate

_PHRASES = {
    "en": {
        "width": "Why 400 and not 800?",
        "dropout": "Does dropout at 800 help?",
        "conjectures": "What was conjectured",
        "judged": "Conjectures, and the figures that decide them",
        "undecided": (
            "With {images} training images {stuck} of {trainings} trainings stayed on the plateau "
            "of the mean image: no seed left it with both of a pair, and nothing is decided."
        ),
        "higher": (
            "{one} ends worse than {other}: its loss on the test set differs by {loss} from the "
            "other's ({seeds} paired seeds, {who}). Adjusted for {comparisons} comparisons, "
            "{adjusted} still excludes zero."
        ),
        "lower": (
            "{one} ends better than {other}: its loss on the test set differs by {loss} from the "
            "other's ({seeds} paired seeds, {who}). Adjusted for {comparisons} comparisons, "
            "{adjusted} still excludes zero."
        ),
        "open": (
            "No difference is shown between {one} and {other}: the first's loss on the test set "
            "differs by {loss} from the second's ({seeds} paired seeds, {who}); adjusted for "
            "{comparisons} comparisons, {adjusted} includes zero."
        ),
        "single": (
            "With one seed a difference can't be told from luck: the loss on the test set of {one} "
            "differs by {loss} from that of {other} ({who})."
        ),
        "gap higher": (
            "The generalisation gap, the loss on the test set less that on training images, both "
            "in inference mode, is wider with {one}: {mine} against {theirs}, a paired difference "
            "of {gap}."
        ),
        "gap lower": (
            "The generalisation gap, the loss on the test set less that on training images, both "
            "in inference mode, is narrower with {one}: {mine} against {theirs}, a paired "
            "difference of {gap}."
        ),
        "gap open": (
            "The generalisation gap, the loss on the test set less that on training images, both "
            "in inference mode, is {mine} with {one} and {theirs} with {other}: a paired "
            "difference of {gap}, which shows neither gap to be the wider one."
        ),
        "gap single": (
            "The generalisation gap, the loss on the test set less that on training images, both "
            "in inference mode, is {mine} with {one} and {theirs} with {other}; of one seed, the "
            "difference of {gap} may be luck."
        ),
        "cost": (
            "{one} takes {times} times as long to train as {other}, and has {parameters}{memory}."
        ),
        "parameters other": "{mine} parameters against {theirs}",
        "parameters same": "as many parameters, {mine}",
        "memory": "; its cold start peaks at {mine} MiB against {theirs}",
        "falling": (
            "Over the last {epochs} of {all_epochs} epochs the loss changed by {mine} with {one} "
            "and by {theirs} with {other}: {which}."
        ),
        "which both": (
            "both were still falling, so that this is what this training gives, and not where "
            "longer training would end"
        ),
        "which one": "{name} was still falling, so that longer training might answer otherwise",
        "which none": "neither is shown to be falling still",
        "which single": "one seed can't tell whether they were falling still",
        "seen": (
            "On the images shown, reconstructions are {mine} grey levels of 255 from the original "
            "with {one} and {theirs} with {other}, and {apart} from one another: {visible}."
        ),
        "visible": "{name} is visibly closer",
        "invisible": "which is closer is nothing that an eye sees",
        "width higher": (
            "So, under this training: 800, which is wider and takes one layer more down to the "
            "code, ends worse, and costs more."
        ),
        "width open": (
            "So, under this training: 800, which is wider and takes one layer more down to the "
            "code, isn't shown to buy anything for what it costs."
        ),
        "width lower": "So, under this training: 800 buys a lower loss, for what it costs.",
        "dropout higher": "So, under this training: dropout at 800 makes the loss worse{gap}.",
        "dropout open": (
            "So, under this training: dropout at 800 isn't shown to lower the loss{gap}."
        ),
        "dropout lower": "So, under this training: dropout at 800 lowers the loss{gap}.",
        "and gap higher": ", and widens the gap",
        "and gap lower": ", and narrows the gap",
        "left out": (
            "Left out, since with one of the two they stayed on the plateau: seeds {seeds}."
        ),
        "conjecture": "conjecture",
        "decided by": "decided by",
        "images": "training images",
        "difference": "difference [95 %, adjusted]",
        "seeds": "seeds",
        "so": "verdict",
        "overfits": "800 units overfit: a wider gap, a lower training loss",
        "wider": "800 units end better",
        "narrows": "800 units must narrow faster",
        "narrows 400": "narrowing faster, 800 beats 400",
        "generalises": "dropout narrows the gap",
        "improves": "dropout lowers the loss",
        "gap of": "gap, {one} less {other}",
        "test_loss of": "test loss, {one} less {other}",
        "train_loss of": "training loss, {one} less {other}",
        "supported": "supported",
        "contradicted": "contradicted",
        "not shown": "not shown",
        "note": (
            "Paired by seed, {who}. Supported or contradicted: the whole interval, adjusted for "
            "all comparisons of a run (each choice's losses and gap), lies on one side of zero. "
            "All under this training: its rate is fixed, and training may not have converged."
        ),
        "steps": (
            "Epochs are equal, steps aren't: {steps}. Fewer images and less training aren't told "
            "apart here."
        ),
        "steps with": "{steps} with {images} images",
        "and": "and",
    },
    "fr": {
        "width": "Pourquoi 400 et pas 800 ?",
        "dropout": "Le dropout à 800 aide-t-il ?",
        "conjectures": "Ce qui avait été conjecturé",
        "judged": "Les conjectures et les chiffres qui en décident",
        "undecided": (
            "Avec {images} images d'entraînement, {stuck} entraînements sur {trainings} sont "
            "restés sur le plateau de l'image moyenne : aucune graine ne l'a quitté avec les deux "
            "définitions d'une paire, et rien n'est décidé."
        ),
        "higher": (
            "{one} finit moins bien que {other} : {one} moins {other}, la perte sur le jeu de test "
            "diffère de {loss} ({seeds} graines appariées, {who}). Ajusté pour {comparisons} "
            "comparaisons, {adjusted} exclut encore zéro."
        ),
        "lower": (
            "{one} finit mieux que {other} : {one} moins {other}, la perte sur le jeu de test "
            "diffère de {loss} ({seeds} graines appariées, {who}). Ajusté pour {comparisons} "
            "comparaisons, {adjusted} exclut encore zéro."
        ),
        "open": (
            "Aucune différence n'est établie entre {one} et {other} : {one} moins {other}, la "
            "perte sur le jeu de test diffère de {loss} ({seeds} graines appariées, {who}) ; "
            "ajusté pour {comparisons} comparaisons, {adjusted} contient zéro."
        ),
        "single": (
            "Avec une seule graine, on ne distingue pas une différence du hasard : {one} moins "
            "{other}, la perte sur le jeu de test diffère de {loss} ({who})."
        ),
        "gap higher": (
            "L'écart de généralisation, perte de test moins perte d'entraînement, toutes deux en "
            "mode inférence, est plus grand avec {one} : {mine} contre {theirs}, soit une "
            "différence appariée de {gap}."
        ),
        "gap lower": (
            "L'écart de généralisation, perte de test moins perte d'entraînement, toutes deux en "
            "mode inférence, est plus petit avec {one} : {mine} contre {theirs}, soit une "
            "différence appariée de {gap}."
        ),
        "gap open": (
            "L'écart de généralisation, perte de test moins perte d'entraînement, toutes deux en "
            "mode inférence, est de {mine} avec {one} et de {theirs} avec {other} : une différence "
            "appariée de {gap}, qui n'établit pas lequel des deux écarts est le plus grand."
        ),
        "gap single": (
            "L'écart de généralisation, perte de test moins perte d'entraînement, toutes deux en "
            "mode inférence, est de {mine} avec {one} et de {theirs} avec {other} ; d'une seule "
            "graine, la différence de {gap} peut être due au hasard."
        ),
        "cost": (
            "L'entraînement de {one} dure {times} fois le temps de celui de {other}, avec "
            "{parameters}{memory}."
        ),
        "parameters other": "{mine} paramètres contre {theirs}",
        "parameters same": "autant de paramètres, {mine}",
        "memory": " ; son démarrage à froid culmine à {mine} Mio contre {theirs}",
        "falling": (
            "Sur les {epochs} dernières des {all_epochs} époques, la perte a changé de {mine} avec "
            "{one} et de {theirs} avec {other} : {which}."
        ),
        "which both": (
            "toutes deux baissaient encore ; c'est donc ce que donne la recette, et non le point "
            "où finirait un entraînement plus long"
        ),
        "which one": (
            "celle de {name} baissait encore ; un entraînement plus long pourrait répondre "
            "autrement"
        ),
        "which none": "rien n'établit que l'une ou l'autre baissait encore",
        "which single": "une seule graine ne dit pas si elles baissaient encore",
        "seen": (
            "Sur les images montrées, les reconstructions sont à {mine} niveaux de gris sur 255 de "
            "l'original avec {one} et à {theirs} avec {other}, et à {apart} l'une de l'autre : "
            "{visible}."
        ),
        "visible": "{name} est visiblement plus proche",
        "invisible": "laquelle est la plus proche, l'œil ne le voit pas",
        "width higher": (
            "Donc, avec cette recette : 800, plus large et d'une couche plus profond jusqu'au "
            "code, finit moins bien et coûte davantage."
        ),
        "width open": (
            "Donc, avec cette recette : rien n'établit que 800, plus large et d'une couche plus "
            "profond jusqu'au code, apporte quelque chose pour ce qu'il coûte."
        ),
        "width lower": (
            "Donc, avec cette recette : 800 donne une perte plus basse, pour ce qu'elle coûte."
        ),
        "dropout higher": "Donc, avec cette recette : le dropout à 800 augmente la perte{gap}.",
        "dropout open": (
            "Donc, avec cette recette : rien n'établit que le dropout à 800 abaisse la perte{gap}."
        ),
        "dropout lower": "Donc, avec cette recette : le dropout à 800 abaisse la perte{gap}.",
        "and gap higher": ", et élargit l'écart",
        "and gap lower": ", et réduit l'écart",
        "left out": (
            "Ne comptent pas, étant restées sur le plateau avec l'un des deux : les graines "
            "{seeds}."
        ),
        "conjecture": "conjecture",
        "decided by": "ce qui tranche",
        "images": "images d'entraînement",
        "difference": "différence [95 %, ajusté]",
        "seeds": "graines",
        "so": "verdict",
        "overfits": (
            "800 unités surapprennent : un écart plus grand, une perte d'entraînement plus basse"
        ),
        "wider": "800 unités finissent mieux",
        "narrows": "avec 800, il faut rétrécir plus vite",
        "narrows 400": "en rétrécissant plus vite, 800 bat 400",
        "generalises": "le dropout réduit l'écart",
        "improves": "le dropout abaisse la perte",
        "gap of": "écart, {one} moins {other}",
        "test_loss of": "perte de test, {one} moins {other}",
        "train_loss of": "perte d'entraînement, {one} moins {other}",
        "supported": "confirmée",
        "contradicted": "contredite",
        "not shown": "non établie",
        "note": (
            "Apparié par graine, {who}. Confirmée ou contredite : l'intervalle entier, ajusté pour "
            "toutes les comparaisons d'une exécution (les pertes et l'écart de chaque choix), est "
            "d'un seul côté de zéro. Tout cela avec cette recette : son taux d'apprentissage est "
            "fixe, et l'entraînement peut ne pas avoir convergé."
        ),
        "steps": (
            "Les époques sont égales, les pas ne le sont pas : {steps}. Moins d'images et moins "
            "d'entraînement ne se distinguent pas ici."
        ),
        "steps with": "{steps} avec {images} images",
        "and": "et",
    },
}
LANGUAGES = tuple(_PHRASES)


@dataclass(frozen=True)
class Words:
    """Writes phrases and numbers in one language.

    Parameters
    ----------
    language : str
        One of :data:`LANGUAGES`.
    """

    language: str

    def say(self, phrase: str, **values: str) -> str:
        """Return the phrase of this name in the language, with the values filled in."""
        text = _PHRASES[self.language][phrase].format(**values)
        if self.language == "fr":
            # French puts a space that can't break before these signs, and ’ in place of '.
            for sign, space in ((":", "\u00a0"), (";", "\u202f"), ("?", "\u202f"), ("%", "\u202f")):
                text = text.replace(f" {sign}", f"{space}{sign}")
            text = text.replace("'", "’")
        return text

    def number(self, text: str) -> str:
        """Return a number, given as English text, as this language writes it."""
        text = text.replace("-", "−")
        if self.language == "fr":
            # French separates thousands by a narrow space and decimals by a comma.
            return text.translate({ord(","): "\u202f", ord("."): ","})
        return text

    def interval(self, shown: str) -> str:
        """Return ``value [low, high]`` or ``value``, given as English text, in this language."""
        value, _, ends = shown.partition(" [")
        if not ends:
            return self.number(value)
        separator = "; " if self.language == "fr" else ", "
        written = separator.join(map(self.number, ends.removesuffix("]").split(", ")))
        return f"{self.number(value)} [{written}]"

    def loss(self, value: float) -> str:
        """Return a loss as text, with four decimals."""
        return self.number(f"{value:.4f}")

    def change(self, value: Estimate) -> str:
        """Return a difference of losses as text, with signs and with its interval, if any."""
        if value.low is None or value.high is None:
            return self.number(f"{value.value:+.4f}")
        return self.interval(f"{value.value:+.4f} [{value.low:+.4f}, {value.high:+.4f}]")

    def listed(self, words: Sequence[str]) -> str:
        """Return words as one text, such as ``one, two and three``."""
        *others, last = words
        return f"{', '.join(others)} {self.say('and')} {last}" if others else last
