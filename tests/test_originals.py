"""Originals to tables: what is joined, dropped and derived."""

import gzip
import hashlib

import numpy as np
import pytest

from engine.data import originals
from engine.errors import InvalidData

HEADER = b"PolNum,Gender,Age,Exppdays,Numtppd\n"
REPEATS = b"".join(b"%d,F,30,365,0\n" % i for i in range(21))


def packed(folder, text):
    path = folder / "pg15training.csv.gz"
    path.write_bytes(gzip.compress(text))
    return path


def test_pg15_drops_the_repeats_and_derives_years(tmp_path):
    path = packed(tmp_path, HEADER + REPEATS + REPEATS + b"99,M,40,73,1\n")
    table = originals.pg15((path,))
    assert table.rows == 22
    assert table.numbers("exposure_years").values[-1] == 0.2
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_pg15_without_the_repeats_is_another_file(tmp_path):
    with pytest.raises(InvalidData, match="repeats"):
        originals.pg15((packed(tmp_path, HEADER + REPEATS + b"99,M,40,73,1\n"),))


def test_a_gzip_bomb_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(originals, "_UNPACKED", 1_000)
    with pytest.raises(InvalidData, match="unpacked"):
        originals.pg15((packed(tmp_path, HEADER + REPEATS * 100),))


def test_a_damaged_gzip_is_one_sentence(tmp_path):
    path = packed(tmp_path, HEADER + REPEATS)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(InvalidData, match="damaged"):
        originals.pg15((path,))


def test_pg15_in_r_form_needs_a_package_or_gives_the_same(data_folder, needs_data):
    path = needs_data("pg15training.rda")
    try:
        import rdata  # noqa: F401
    except ImportError:
        with pytest.raises(InvalidData, match="optional package rdata"):
            originals.pg15((path,))
        return
    one, other = originals.pg15((path,)), originals.pg15((needs_data("pg15training.csv.gz"),))
    assert one.columns == other.columns
    for column in one.columns:
        a, b = one.text(column), other.text(column)
        assert dict(zip(a.names(), a.counts().tolist(), strict=True)) == dict(
            zip(b.names(), b.counts().tolist(), strict=True)
        )


def test_adult_parts_are_joined(tmp_path):
    row = b"39, State-gov, 77516, Bachelors, 13, Never-married, Adm, Own, White, Male, 2174, 0, 40, ?, <=50K"
    (tmp_path / "adult.data").write_bytes(row + b"\n" + row.replace(b"<=", b">") + b"\n\n")
    (tmp_path / "adult.test").write_bytes(b"|1x3 Cross validator\n" + row + b".\n\n")
    table = originals.adult((tmp_path / "adult.data", tmp_path / "adult.test"))
    assert table.rows == 3
    assert dict(table.distinct("income")) == {"<=50K": 2, ">50K": 1}
    assert table.text("native-country", protected=True).missing == 3


def test_compas_reads_no_column_that_names_people(tmp_path):
    path = tmp_path / "compas-scores-two-years.csv"
    path.write_bytes(b"id,name,first,last,sex,dob,age,race,decile_score,case,is_recid,decile_score,two_year_recid\n"
                     b"1,ann lee,ann,lee,Female,2000-01-01,20,Other,3,c1,0,3,0\n"
                     b"2,bob ray,bob,ray,Male,1990-01-01,30,Other,9,c2,1,9,1\n")
    table = originals.compas((path,))
    assert set(table.columns) == {"sex", "age", "race", "decile_score", "two_year_recid"}
    assert set(table.data) == set(table.columns)


def test_diabetes_is_in_its_own_units():
    table = originals.diabetes(())
    assert table.rows == 442
    assert table.text("sex").counts().sum() == 442
    assert np.nanmax(table.numbers("age").values) == 79
