"""Test the answers about width and dropout: other data give other answers and figures."""

import math
import re

import msgspec
import pytest
from scipy import stats

from aebench.bench.models.autoencoder import parse
from aebench.bench.plan.model_info import describe_model
from aebench.reports import document, html
from aebench.reports.record import QualityEpoch, Reconstructions
from aebench.reports.studies.autoencoder.phrases import _PHRASES, LANGUAGES
from aebench.reports.studies.autoencoder.results import results_of
from aebench.reports.studies.autoencoder.width_dropout import answers
from aebench.reports.summary import summarise
from aebench.reports.tables import quality
from helpers import sample
from helpers.pages import whole

EPOCHS = 8
OVERFIT = "800 units overfit: a wider gap, a lower training loss"
NOISE = (0.001, -0.001, 0.0005, -0.0005, 0.0)


def made(losses, gaps=None, images=60_000, slope=0.002, name="original", pixels=None, stuck=()):
    """Return a record of five seeds, with a mean loss and gap per model and a falling curve."""
    record = sample.make()
    plan = msgspec.structs.replace(
        record.header.plan,
        passes=["quality"],
        epochs=EPOCHS,
        seeds=list(range(5)),
        quality_train_samples=images,
    )
    record.header = msgspec.structs.replace(
        record.header,
        name=name,
        plan=plan,
        models=[describe_model(parse(each)) for each in losses],
        contenders=record.header.contenders[:1],
    )
    record.events = []
    for number, (model, loss) in enumerate(losses.items()):
        for seed, noise in enumerate(NOISE):
            # The seed's noise is shared by both models, and pairs cancel it; a model's own noise
            # stays.
            end = loss + 10 * noise + noise * number
            end = 0.262 if (model, seed) in stuck else end
            for epoch in range(1, EPOCHS + 1):
                last = epoch == EPOCHS
                record.events.append(
                    QualityEpoch(
                        "jax",
                        model,
                        seed,
                        epoch,
                        (3.0 if epoch == 1 else 1.0) * (1 + number),
                        0.1,
                        0.3,
                        end + slope * (EPOCHS - epoch),
                        end - (gaps or {}).get(model, 0.003) if last else None,
                    )
                )
            shades = sample.EXAMPLES if pixels is None else pixels[model]
            record.events.append(Reconstructions("jax", model, seed, shades))
    return record


def differences(*records):
    return results_of(summarise(*records)).differences


def answered(*records, language="en"):
    return {each.title: each for each in answers(summarise(*records), language)}


def width(*records):
    return " ".join(answered(*records)["Why 400 and not 800?"].paragraphs)


def test_a_difference_is_of_pairs_whose_common_luck_cancels():
    (choice,) = differences(made({"ae400": 0.107, "ae800": 0.113}))
    # Seeds differ by 0.02 and pairs by 0.002: pairs leave only the models' own noise.
    half = stats.t.ppf(0.975, 4) * stats.tstd(NOISE) / math.sqrt(5)
    found = (choice.test_loss.value, choice.test_loss.low, choice.test_loss.high)
    assert found == pytest.approx((0.006, 0.006 - half, 0.006 + half))
    assert choice.comparisons == 3  # the two losses and the gap
    assert choice.times.value == pytest.approx(2)
    # The last two of eight epochs: the loss falls by 0.002 in both.
    assert choice.falling.value == pytest.approx(-0.004)


def test_intervals_are_adjusted_for_all_choices_of_a_run():
    choices = differences(
        made({"ae400": 0.107, "ae800": 0.113, "ae800-dropout": 0.12, "ae800-steep": 0.11})
    )
    assert len(choices) == 4
    for choice in choices:
        own = choice.test_loss.high - choice.test_loss.value
        adjusted = choice.test_loss_adjusted.high - choice.test_loss_adjusted.value
        expected = stats.t.ppf(1 - 0.05 / 12 / 2, 4) / stats.t.ppf(0.975, 4)
        assert adjusted / own == pytest.approx(expected)


def test_the_answer_follows_the_data_whichever_way_they_fall():
    worse = width(made({"ae400": 0.107, "ae800": 0.113}))
    assert "ae800 ends worse than ae400" in worse and "+0.0060 [+0.0050, +0.0070]" in worse
    assert worse.endswith("one layer more down to the code, ends worse, and costs more.")
    better = width(made({"ae400": 0.113, "ae800": 0.107}))
    assert "ae800 ends better than ae400" in better and "−0.0060" in better
    assert better.endswith("800 buys a lower loss, for what it costs.")
    same = width(made({"ae400": 0.1070, "ae800": 0.1071}))
    assert "No difference is shown" in same
    assert same.endswith("isn't shown to buy anything for what it costs.")
    assert "2.00 times as long to train" in same
    assert "2,110,809 parameters against 842,009" in same


def test_dropout_is_judged_beside_the_same_network_without_it():
    losses = {"ae400": 0.1, "ae800": 0.115, "ae800-dropout": 0.125}
    answer = answered(made(losses))["Does dropout at 800 help?"]
    assert answer.paragraphs[0].startswith("ae800-dropout ends worse than ae800")
    assert answer.paragraphs[-1].endswith("dropout at 800 makes the loss worse.")
    assert "and has as many parameters, 2,110,809" in " ".join(answer.paragraphs)
    helped = answered(made({**losses, "ae800-dropout": 0.105}))["Does dropout at 800 help?"]
    assert helped.paragraphs[-1].endswith("dropout at 800 lowers the loss.")
    narrowed = answered(made(losses, {"ae800": 0.004}))["Does dropout at 800 help?"]
    assert narrowed.paragraphs[-1].endswith("makes the loss worse, and narrows the gap.")


def test_one_seed_answers_nothing():
    record = made({"ae400": 0.107, "ae800": 0.113})
    record.events = [each for each in record.events if each.seed == 0]
    text = width(record)
    assert "With one seed a difference can't be told from luck" in text
    assert "may be luck" in text and "one seed can't tell whether they were falling" in text
    assert "So, under" not in text


def test_who_stayed_on_the_plateau_is_told_and_left_out():
    record = made({"ae400": 0.107, "ae800": 0.113}, stuck={("ae800", 2)})
    (choice,) = differences(record)
    assert (choice.seeds, choice.left_out) == ([0, 1, 3, 4], [2])
    assert choice.test_loss.value == pytest.approx(0.006, abs=2e-4)
    assert "they stayed on the plateau: seeds 2." in width(record)


def test_where_a_plateau_left_nothing_to_pair_nothing_is_printed():
    stuck = {("ae800", seed) for seed in range(5)}
    summary = summarise(made({"ae400": 0.107, "ae800": 0.113}, stuck=stuck))
    assert answers(summary) == []
    (losses,) = quality(summary)
    assert [row[1] for row in losses.rows] == ["0 of 5", "5 of 5"]


def test_where_no_seed_is_shared_nothing_is_said_of_a_plateau():
    record = made({"ae400": 0.107, "ae800": 0.113}, stuck={("ae400", 0)})
    record.events = [each for each in record.events if (each.seed == 0) == (each.model == "ae400")]
    assert answers(summarise(record)) == []


def test_the_gaps_are_those_of_the_pairs():
    losses = {"ae400": 0.107, "ae800": 0.113}
    record = made(losses, {"ae400": 0.002, "ae800": 0.005}, stuck={("ae400", 4)})
    (choice,) = differences(record)
    assert (choice.gap_mine, choice.gap_against) == pytest.approx((0.005, 0.002))
    assert choice.gap.value == pytest.approx(choice.gap_mine - choice.gap_against)
    assert "is wider with ae800: 0.0050 against 0.0020" in width(record)


def test_whether_training_had_converged_is_told():
    assert "both were still falling" in width(made({"ae400": 0.107, "ae800": 0.113}))
    flat = width(made({"ae400": 0.107, "ae800": 0.113}, slope=0))
    assert "neither is shown to be falling still" in flat


def test_what_an_eye_sees_goes_by_the_pictures():
    bright = bytes(min(255, each + 40) for each in sample.EXAMPLES)
    alike = width(made({"ae400": 0.107, "ae800": 0.113}))
    assert "0.0 grey levels of 255 from the original" in alike
    assert "nothing that an eye sees" in alike
    pixels = {"ae400": sample.EXAMPLES, "ae800": bright}
    assert "ae400 is visibly closer" in width(made({"ae400": 0.1, "ae800": 0.1}, pixels=pixels))
    # Pixels that don't fill an image of the model's size aren't shown.
    assert "grey levels" not in width(
        made({"ae400": 0.1, "ae800": 0.1}, pixels=dict.fromkeys(("ae400", "ae800"), b"1"))
    )


def test_conjectures_are_judged_at_each_number_of_images():
    losses = {"ae400": 0.107, "ae800": 0.107, "ae800-dropout": 0.107, "ae800-steep": 0.100}
    gaps = {"ae400": 0.003, "ae800": 0.004, "ae800-dropout": 0.002}
    few = made({**losses, "ae800-steep": 0.15}, {**gaps, "ae800": 0.03}, 1000, name="few")
    whole = made(losses, {**gaps, "ae800": 0.001})
    (table,) = answered(whole, few)["What was conjectured"].tables
    verdicts = {(row[0], row[2]): row[-1] for row in table.rows}
    assert verdicts[OVERFIT, "1,000"] == "supported"
    assert verdicts[OVERFIT, "60,000"] == "contradicted"
    assert verdicts["800 units must narrow faster", "60,000"] == "supported"
    assert verdicts["800 units must narrow faster", "1,000"] == "contradicted"
    assert verdicts["dropout narrows the gap", "1,000"] == "supported"
    assert verdicts["dropout lowers the loss", "60,000"] == "not shown"
    # The main question is answered by the run with the most images.
    assert "60,000" not in width(whole, few) and "jax (original)" in width(whole, few)


def test_a_wider_gap_with_a_worse_training_loss_is_no_overfitting():
    # As published: ae800 is worse on both sets, and by a little more on the test set.
    record = made({"ae400": 0.1085, "ae800": 0.1150}, {"ae400": 0.0021, "ae800": 0.0033})
    (table,) = answered(record)["What was conjectured"].tables
    (row,) = [row for row in table.rows if row[0] == OVERFIT]
    assert row[1] == "gap, ae800 less ae400; training loss, ae800 less ae400"
    assert row[-1] == "contradicted"
    # The gap alone is wider beyond doubt.
    (choice,) = differences(record)
    assert choice.gap_adjusted.low > 0 and choice.train_loss_adjusted.low > 0


def test_where_a_plateau_left_nothing_to_judge_by_that_is_said():
    losses = {"ae400": 0.107, "ae800": 0.113}
    # With every seed, one of the two models stays on the plateau.
    stuck = {("ae400", 0), *(("ae800", seed) for seed in range(1, 5))}
    few = made(losses, images=1000, name="few", stuck=stuck)
    (table,) = answered(made(losses), few)["What was conjectured"].tables
    assert {row[2] for row in table.rows} == {"60,000"}
    assert "With 1,000 training images 5 of 10 trainings stayed on the plateau" in table.notes[-1]
    steps = "248 with 1,000 images and 15,000 with 60,000 images"
    assert f"Epochs are equal, steps aren't: {steps}." in table.notes[-2]
    (whole,) = answered(made(losses))["What was conjectured"].tables
    assert len(whole.notes) == 1


def test_where_nothing_was_paired_nothing_is_answered():
    assert answers(summarise(sample.make())) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_figures(language):
    record = made({"ae400": 0.107, "ae800": 0.113, "ae800-dropout": 0.12, "ae800-steep": 0.11})
    found, english = (answers(summarise(record), each) for each in (language, "en"))
    assert [len(each.paragraphs) for each in found] == [len(each.paragraphs) for each in english]

    def figures(parts):
        """Return the numbers in a text, whatever separates thousands and decimals."""
        text = " ".join(text for each in parts for text in each.paragraphs)
        text = re.sub(r"\bae\d+|(?<=\d)[\u202f,](?=\d{3}\b)", "", text)
        return sorted(re.findall(r"[+−]?\d+(?:[.,]\d+)?", text.replace(",", ".")))

    assert figures(found) == figures(english)


def test_phrases_say_the_same_things_in_every_language():
    assert LANGUAGES == ("en", "fr")
    for phrase, text in _PHRASES["en"].items():
        fields = set(re.findall(r"{(\w+)}", text))
        assert set(re.findall(r"{(\w+)}", _PHRASES["fr"][phrase])) == fields, phrase
    assert _PHRASES["fr"].keys() == _PHRASES["en"].keys()


def test_french_is_written_as_in_french():
    record = made({"ae400": 0.107, "ae800": 0.113})
    text = " ".join(answered(record, language="fr")["Pourquoi 400 et pas 800\u202f?"].paragraphs)
    assert "diffère de +0,0060 [+0,0050; +0,0070]" in text
    assert "2\u202f110\u202f809 paramètres contre 842\u202f009" in text
    assert "dure 2,00 fois le temps de celui de ae400" in text
    assert not re.findall(r" [:;?%]|'", text)


def test_the_answer_stands_in_both_forms_of_the_report(tmp_path):
    made_page = document.make(
        summarise(made({"ae400": 0.107, "ae800": 0.113})), [], ["records/a.jsonl"], "fr"
    )
    for text in (whole(made_page), html.render(made_page, tmp_path)):
        assert "Pourquoi 400 et pas 800" in text and "finit moins bien que ae400" in text
        assert "aebench report records/a.jsonl -o . --language fr" in text
