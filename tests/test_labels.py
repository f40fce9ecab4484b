"""Names of face parts and the index orders they are written in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx.errors import ParameterError, UnknownName
from facefx.labels import IGNORE, IRISES, Label, LabelScheme, Region, labels_of, scheme, scheme_names

schemes = st.sampled_from([scheme(name) for name in scheme_names()])


def test_celebamask_order_is_the_official_one() -> None:
    assert scheme("celebamask").classes == (
        "background", "skin", "nose", "eyeglasses", "left_eye", "right_eye", "left_eyebrow", "right_eyebrow", "left_ear",
        "right_ear", "inner_mouth", "upper_lip", "lower_lip", "hair", "hat", "earring", "necklace", "neck", "clothing",
    )  # fmt: skip


def test_lapa_order_is_the_official_one() -> None:
    assert scheme("lapa").classes == (
        "background", "skin", "left_eyebrow", "right_eyebrow", "left_eye", "right_eye", "nose", "upper_lip", "inner_mouth",
        "lower_lip", "hair",
    )  # fmt: skip


@given(schemes)
def test_every_label_is_in_exactly_one_class(s: LabelScheme) -> None:
    whole = [labels for name, labels in zip(s.classes, s.members, strict=True) if name not in IRISES]
    assert sorted(label for labels in whole for label in labels) == sorted(Label)
    assert all(labels in whole for labels in s.members)  # irises are parts of eyes that are there, too
    assert len(s) == len(s.classes) == len(s.members) == len(set(s.classes))


@given(schemes)
def test_mirroring_twice_changes_nothing(s: LabelScheme) -> None:
    assert [s.mirror[i] for i in s.mirror] == list(range(len(s)))
    for index, name in enumerate(s.classes):
        swapped = name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
        assert s.classes[s.mirror[index]] == swapped


@given(st.sampled_from(list(Label)))
def test_a_label_mirrored_twice_is_itself(label: Label) -> None:
    assert label.mirrored.mirrored is label
    assert (label.mirrored is label) == ("left_" not in label.value and "right_" not in label.value)


@given(st.sampled_from([*Region, *Label]))
def test_regions_are_asked_for_by_member_or_by_name(region: Region | Label) -> None:
    assert labels_of(region) == labels_of(region.value) == labels_of(region.value[:])
    assert labels_of(region)


@given(st.sampled_from(list(Region)))
def test_no_region_takes_sides(region: Region) -> None:
    assert {label.mirrored for label in region.labels} == region.labels


def test_what_the_regions_hold() -> None:
    assert labels_of("lips") == {Label.UPPER_LIP, Label.LOWER_LIP}
    assert labels_of("mouth") - labels_of("lips") == {Label.INNER_MOUTH}
    assert labels_of("lips") < labels_of("mouth") < labels_of("face") < labels_of("head") < labels_of("person")
    assert Label.BACKGROUND not in labels_of("person")
    assert Label.HAIR not in labels_of("face")


@pytest.mark.parametrize("name", ["lip", "", "LIPS", "Region.LIPS"])
def test_an_unknown_region_is_named_and_the_known_ones_are_listed(name: str) -> None:
    with pytest.raises(UnknownName, match="no region is called") as error:
        labels_of(name)
    assert "lips" in str(error.value)
    assert "left_eye" in str(error.value)


def test_a_near_miss_is_corrected() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'lips'"):
        labels_of("lipps")


def test_an_unknown_scheme_lists_the_schemes() -> None:
    with pytest.raises(UnknownName, match=r"celebamask.*lapa"):
        scheme("celeba")


@given(schemes)
def test_a_scheme_is_passed_through(s: LabelScheme) -> None:
    assert scheme(s) is s


@given(schemes, st.sampled_from([*Region, *Label]))
def test_indices_of_a_region_cover_it_or_there_are_none(s: LabelScheme, region: Region | Label) -> None:
    indices = s.indices_of(region)
    if indices:
        assert frozenset().union(*(s.members[i] for i in indices)) == labels_of(region)
    else:
        assert any(labels & labels_of(region) and labels - labels_of(region) for labels in s.members)


def test_a_coarse_scheme_cannot_tell_a_fine_region() -> None:
    assert scheme("hair").indices_of("hair") == (1,)
    assert scheme("hair").indices_of("lips") == ()
    assert scheme("lapa").indices_of(Label.NECK) == ()
    assert scheme("celebamask").indices_of("lips") == (11, 12)


@given(schemes)
def test_translating_to_itself_changes_nothing(s: LabelScheme) -> None:
    table = s.lookup_from(s)
    assert table.dtype == np.uint8
    assert table.shape == (256,)
    assert table[: len(s)].tolist() == list(range(len(s)))
    assert (table[len(s) :] == IGNORE).all()


def test_translating_between_the_schemes() -> None:
    celebamask, lapa = scheme("celebamask"), scheme("lapa")
    to_lapa = lapa.lookup_from(celebamask)
    assert to_lapa[celebamask.classes.index("left_eye")] == lapa.classes.index("left_eye")
    assert to_lapa[celebamask.classes.index("neck")] == 0  # LaPa has no neck: its background
    from_lapa = celebamask.lookup_from(lapa)
    assert from_lapa[lapa.classes.index("hair")] == celebamask.classes.index("hair")
    assert from_lapa[0] == IGNORE  # LaPa's background holds neck, hat and more: nobody knows which


def test_irises_are_parts_of_eyes() -> None:
    face, sides, celebamask = scheme("face"), scheme("face_sides"), scheme("celebamask")
    assert labels_of("irises") == labels_of("eyes")
    assert labels_of("left_iris") == {Label.LEFT_EYE}
    assert face.indices_of("irises") == (3,)
    assert face.indices_of("eyes") == (2, 3)
    assert face.indices_of("face") == (1, 2, 3)
    assert face.indices_of("left_iris") == face.indices_of("left_eye") == ()
    assert sides.indices_of("irises") == (4, 5)
    assert sides.indices_of("left_iris") == (4,)
    assert sides.indices_of("left_eye") == (2, 4)
    assert celebamask.indices_of("irises") == celebamask.indices_of("left_iris") == ()
    assert [sides.region_of(i) for i in range(2, 6)] == ["left_eye", "right_eye", "left_iris", "right_iris"]
    for text in ("face-irises", "left_iris+lips"):
        with pytest.raises(ParameterError, match="alone"):
            labels_of(text)


def test_an_eye_whose_iris_nobody_labelled_is_neither_iris_nor_white() -> None:
    face, sides, celebamask = scheme("face"), scheme("face_sides"), scheme("celebamask")
    eyes = list(celebamask.indices_of("eyes"))
    for target in (face, sides):
        assert (target.lookup_from(celebamask)[eyes] == IGNORE).all()
        assert target.lookup_from(celebamask)[celebamask.indices_of("nose")[0]] == 1
    assert celebamask.lookup_from(sides)[2:6].tolist() == [4, 5, 4, 5]  # whole eyes again
    assert face.lookup_from(sides)[:6].tolist() == [0, 1, 2, 2, 3, 3]
    assert sides.lookup_from(face)[:4].tolist() == [0, 1, IGNORE, IGNORE]
    assert scheme("face_mask").lookup_from(sides)[:6].tolist() == [0, 1, 1, 1, 1, 1]


def test_one_face_mask_and_fassegs_six() -> None:
    celebamask, face, fasseg = scheme("celebamask"), scheme("face_mask"), scheme("fasseg")
    to_face = face.lookup_from(celebamask)
    assert {name for name, i in zip(celebamask.classes, to_face, strict=False) if i == 0} == {
        "background", "left_ear", "right_ear", "hair", "hat", "earring", "necklace", "neck", "clothing",
    }  # fmt: skip
    assert fasseg.lookup_from(celebamask)[celebamask.indices_of("left_eyebrow")[0]] == fasseg.classes.index("hair_eyebrows")
    from_fasseg = celebamask.lookup_from(fasseg)
    assert from_fasseg[fasseg.classes.index("nose")] == celebamask.indices_of("nose")[0]
    assert (from_fasseg[[0, 1, 3, 4, 5]] == IGNORE).all()  # none of them is one part of the nineteen


def test_a_scheme_of_ones_own() -> None:
    mine = LabelScheme.of("mine", ["background", "lips", ("eye_area", {Label.LEFT_EYE, Label.RIGHT_EYE})])
    assert mine.classes == ("background", "lips", "eye_area")
    assert mine.indices_of("eyes") == (2,)
    assert mine.mirror == (0, 1, 2)


def test_classes_that_share_a_label_are_refused() -> None:
    with pytest.raises(ValueError, match="'mouth' shares labels"):
        LabelScheme.of("mine", ["background", "lips", "mouth"])
