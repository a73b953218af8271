"""Characters are never replaced by question marks; names compare as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from piaolian_sdk.errors import InputError
from piaolian_sdk.text import Charset, canonical_name, decode_text, encode_text


@pytest.mark.parametrize(("name", "code_point"), [("张䶮", "U+4DAE"), ("𠮷田一郎", "U+20BB7")])
def test_c010_gbk__rare_character__refused_by_name(name: str, code_point: str) -> None:
    with pytest.raises(InputError) as refusal:
        encode_text(name, "gbk", "PayerName")
    assert refusal.value.code == "text-not-encodable"
    assert code_point in refusal.value.message
    assert refusal.value.field == "PayerName"


def test_c010_gb18030__rare_characters__kept() -> None:
    assert encode_text("䶮", "gb18030", "PayerName").hex() == "fe9f"
    assert encode_text("𠮷", "gb18030", "PayerName").hex() == "9534b235"
    assert encode_text("萳", "gbk", "PayerName").hex() == "c86c"


def test_c011_private_use_code_point__same_name() -> None:
    assert canonical_name("张\ue863") == canonical_name("张䶮")
    assert canonical_name("\ue816\ue864") == "\U00020087\u9fbb"


def test_c012_middle_dots__one_name() -> None:
    forms = {"买买提·艾力", "买买提•艾力", "买买提・艾力"}
    assert {canonical_name(form) for form in forms} == {"买买提·艾力"}


def test_c012_gbk__bytes_a1a4__the_middle_dot_of_names() -> None:
    assert decode_text(b"\xa1\xa4", "gbk", "PayerName") == "·"


def test_canonical_name__full_width_and_blanks__folded() -> None:
    assert canonical_name("ＡＢＣ全角公司") == "ABC全角公司"
    assert canonical_name("李四 ") == canonical_name("李四　")


@pytest.mark.parametrize(("data", "charset"), [(b"\xff\xfe", "gbk"), (b"\xc3\x28", "utf-8"), (b"\x81", "gb18030")])
def test_decode_text__no_text_of_that_set__refused(data: bytes, charset: Charset) -> None:
    with pytest.raises(InputError) as refusal:
        decode_text(data, charset, "Voucher")
    assert refusal.value.code == "text-encoding-wrong"


@given(st.text(st.characters(codec="utf-8")))
def test_gb18030__any_text__round_trip(text: str) -> None:
    assert decode_text(encode_text(text, "gb18030", "Remark"), "gb18030", "Remark") == text


def test_encode_text__lone_surrogate__refused() -> None:
    with pytest.raises(InputError) as refusal:
        encode_text("a\ud842", "utf-8", "Remark")
    assert refusal.value.code == "text-not-encodable"
