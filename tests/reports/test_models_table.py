import msgspec

from aebench.reports.summary import summarise
from aebench.reports.tables.models import models
from helpers import sample


def table_of(**changes):
    summary = summarise(sample.make())
    described = [msgspec.structs.replace(each, **changes) for each in summary.models]
    return models(msgspec.structs.replace(summary, models=described))


def test_a_built_in_model_has_no_hash():
    (table,) = table_of()
    code = "aebench.bench.models.autoencoder:build"
    assert table.rows == [["ae400", code, "842,009", "3.37", "4.41"]]
    assert "SHA-256 of the file" not in table.columns


def test_a_users_model_has_its_files_hash_and_dashes_where_nothing_is_counted():
    (table,) = table_of(
        where="my_model.py", sha256="0123456789abcdef", training_operations=None, weight_bytes=4096
    )
    assert table.columns[-1] == "SHA-256 of the file"
    assert table.rows == [
        ["ae400", "my_model.py:build", "842,009", "0.00410", "–", "0123456789ab…"]
    ]


def test_a_record_without_models_has_no_table():
    assert models(msgspec.structs.replace(summarise(sample.make()), models=[])) == []
