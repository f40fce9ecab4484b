"""Nobody is left bare: faces that are seen and not parsed, every kind of picture, and what stands beside the pixels."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

import facefx
from facefx import chain, effect
from facefx.batch import prepare
from facefx.batch.sheet import GAP, SHEET, THUMBNAIL
from facefx.cli.effect_text import chain_from_text
from facefx.declare.faces_choice import FacesChoice
from facefx.errors import NoFaceFound, ParameterError
from facefx.face.values import Box, Detection
from facefx.image.bare_profile import bare_profile
from facefx.image.profiles import profile_name, profile_space, read_profile, tags_of
from pictures import DARK_GREY, WIDE, cmyk_profile, icc_profile, rgb_table_profile
from synthetic import FakeSegmenter, Head, ScriptedDetector, label_picture, painted

GREEN = {"method": "block", "color": "#00ff00"}


class CarefulOne:
    """A detector that sees some faces at a glance and others only when it looks carefully."""

    def __init__(self, at_a_glance: list[Detection], carefully: list[Detection]) -> None:
        self.at_a_glance, self.more = at_a_glance, carefully

    def detect(self, rgb: np.ndarray) -> list[Detection]:
        return self.at_a_glance

    def carefully(self, film: bool = False) -> CarefulOne:
        return CarefulOne([*self.at_a_glance, *self.more], [])


HEADS = [Head((90, 100), 80), Head((330, 110), 90)]


def two_people() -> np.ndarray:
    return painted(label_picture(HEADS, (230, 440)))


def green(image: Any) -> np.ndarray:
    return np.asarray((np.asarray(image)[..., :3] == (0, 255, 0)).all(axis=-1))


def middle_is_green(image: Any, head: Head) -> bool:
    x, y = (int(v) for v in head.center)
    return bool(green(image)[y - 20 : y + 20, x - 15 : x + 15].all())


def test_a_face_that_only_a_careful_look_sees_is_hidden_and_no_other_effect_works_on_it() -> None:
    detector = CarefulOne([HEADS[1].detection], [HEADS[0].detection])
    hidden = chain("anonymize", **GREEN).run(two_people(), segmenter=FakeSegmenter(), detector=detector)
    assert (len(hidden.scene.faces), len(hidden.scene.seen)) == (1, 1)
    assert all(middle_is_green(hidden.image, head) for head in HEADS)
    lips = chain("recolor_lips", color="#00f").run(two_people(), segmenter=FakeSegmenter(), detector=detector)
    assert len(lips.scene.everyone) == 1  # it did not even look
    both = chain("recolor_lips", color="#00f").then("anonymize", faces="!0", **GREEN)
    result = both.run(two_people(), segmenter=FakeSegmenter(), detector=detector).image
    assert middle_is_green(result, HEADS[0])
    assert not green(result)[:, 220:].any()


def test_a_face_that_the_parser_drops_is_hidden() -> None:
    picture = two_people()
    picture[60:160, 40:140] = 128  # nothing that looks like a face
    detector = ScriptedDetector(*(head.detection for head in HEADS))
    result = chain("anonymize", **GREEN).run(picture, segmenter=FakeSegmenter(), detector=detector)
    assert len(result.scene.faces) == 1
    assert all(middle_is_green(result.image, head) for head in HEADS)


def test_where_nobody_can_be_parsed_it_is_still_no_picture_without_a_face() -> None:
    picture = np.full((230, 440, 3), 128, np.uint8)
    detector = ScriptedDetector(*(head.detection for head in HEADS))
    result = chain("anonymize", **GREEN).run(picture, segmenter=FakeSegmenter(), detector=detector)
    assert not result.scene.faces
    assert all(middle_is_green(result.image, head) for head in HEADS)
    with pytest.raises(NoFaceFound):
        chain("anonymize").run(picture, segmenter=FakeSegmenter(), detector=ScriptedDetector())


def test_a_private_effect_of_ones_own_gets_faces_that_were_only_seen_and_its_pixels_are_taken_in_full() -> None:
    @effect(region="face", private=True)
    def blacken(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Paint the face black."""
        return np.where(mask[..., None] > 0, np.float32(0), image)

    facefx.testing.check_effect(blacken, examples=3)
    detector = CarefulOne([], [HEADS[0].detection])
    result = chain(blacken).run(two_people(), segmenter=FakeSegmenter(), detector=detector).image
    assert not result[80:120, 75:105].any()


def test_an_effect_that_says_it_is_private_and_hides_nothing_breaks_the_contract() -> None:
    @effect(region="lips", private=True)
    def lips_alone(image: np.ndarray, face: facefx.FaceView) -> np.ndarray:
        """Hide the lips, and leave the face."""
        return np.where(face.mask("lips")[..., None] > 0, np.float32(0), image)

    with pytest.raises(AssertionError, match="left a face bare"):
        facefx.testing.check_effect(lips_alone, examples=1)


@pytest.mark.parametrize("kind", ["warp", "cutout"])
def test_what_cannot_hide_cannot_be_private(kind: Any) -> None:
    with pytest.raises(TypeError, match="private"):
        effect(kind=kind, private=True)
    with pytest.raises(TypeError, match="private"):

        @effect(region="background", private=True)
        def other(image: np.ndarray) -> np.ndarray:
            return image


@pytest.mark.parametrize(
    "value", [1, "1", " 1 ", "0,1", "1,0,1", [0, 1], "!0", "!0,2", "!largest", "all", "largest", "(0,0,10,20.5)", "!(1,2,3,4)"]
)
def test_a_choice_of_faces_survives_being_saved(value: Any) -> None:
    choice = FacesChoice.of(value)
    assert choice is not None
    assert FacesChoice.of(choice.canonical) == choice


@pytest.mark.parametrize(
    "value",
    [
        "",
        "!",
        "!all",
        "first",
        "-1",
        -1,
        1.0,
        True,
        "0;1",
        "(0,0,10)",
        "(10,0,5,5)",
        "0,",
        ",",
        [],
        [True],
        "1e3",
        "(nan,0,1,1)",
        "(0,0,9,\x1d9)",
        "0,\x1d1",
    ],
)
def test_other_choices_are_refused(value: Any) -> None:
    assert FacesChoice.of(value) is None
    with pytest.raises(ParameterError, match="all, largest, a face's number"):
        chain("anonymize", faces=value)


@pytest.mark.parametrize(
    ("faces", "hidden"),
    [
        ("all", [True, True]), ("largest", [False, True]), (0, [False, True]), ("1", [True, False]), ("0,1", [True, True]),
        ("!0", [True, False]), ("!1,7", [False, True]), ("!largest", [True, False]), ("(0,0,220,230)", [True, False]),
        ("!(0,0,220,230)", [False, True]), ([0, 1], [True, True]),
    ],
)  # fmt: skip
def test_whose_face(faces: Any, hidden: list[bool]) -> None:
    detector = ScriptedDetector(*(head.detection for head in HEADS))
    result = chain("anonymize", faces=faces, **GREEN).run(two_people(), segmenter=FakeSegmenter(), detector=detector).image
    assert [middle_is_green(result, head) for head in HEADS] == hidden


def test_whom_it_names_must_be_there_and_whom_it_spares_need_not() -> None:
    detector = ScriptedDetector(HEADS[0].detection)
    for faces in (3, "1,2", "(300,0,440,230)"):
        with pytest.raises(NoFaceFound):
            chain("anonymize", faces=faces).run(two_people(), segmenter=FakeSegmenter(), detector=detector)
    spared = chain("anonymize", faces="!0").run(two_people(), segmenter=FakeSegmenter(), detector=detector)
    assert np.array_equal(spared.image, two_people())


def test_the_command_line_writes_choices_of_faces() -> None:
    (step,) = chain_from_text("anonymize:faces=0,2,cells=3").steps
    assert (step.params["faces"], step.params["cells"]) == ("0,2", 3)
    (step,) = chain_from_text("anonymize:faces=!0,!2").steps
    assert step.params["faces"] == "!0,2"
    (step,) = chain_from_text("anonymize:cells=3,faces=(1,2,30,40)").steps
    assert step.params["faces"] == "(1,2,30,40)"


def kinds() -> dict[str, Any]:
    """The drawn picture in every kind that can be opened, transparent ones too."""
    rgb = two_people()
    image = Image.fromarray(rgb)
    half = np.full(rgb.shape[:2], 128, np.uint8)
    half[::2] = 255
    rgba = np.dstack([rgb, half])
    palettes = {}
    for name, alpha in {"opaque": None, "254": 254, "128": 128, "0": 0}.items():
        made = image.quantize(200)
        if alpha is not None:
            made.info["transparency"] = bytes([alpha] * 256)
        palettes[f"P {name}"] = made
    mixed = image.quantize(200)
    mixed.info["transparency"] = bytes([255, 254, 128, 0] * 64)
    key = image.quantize(200)
    key.info["transparency"] = 3
    pictures = {mode: image.convert(mode) for mode in ("1", "L", "LA", "RGB", "CMYK", "YCbCr", "HSV")}
    tagged = image.copy()
    tagged.info["transparency"] = tuple(int(v) for v in rgb[100, 90])
    return {
        **pictures, **palettes, "P mixed": mixed, "P key": key, "RGBA": Image.fromarray(rgba), "RGB key": tagged,
        "F": Image.fromarray(rgb[..., 0] / np.float32(255)), "I;16": Image.fromarray(rgb[..., 0].astype(np.uint16) * 257),
        "RGBA 16": rgba.astype(np.uint16) * 257, "LA array": rgba[..., 2:], "float": rgba / 255.0,
    }  # fmt: skip


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_no_kind_of_picture_comes_out_as_it_went_in(kind: str) -> None:
    picture = kinds()[kind]
    detector = ScriptedDetector(*(head.detection for head in HEADS))
    result = chain("anonymize", method="block", color="#000000").run(picture, segmenter=FakeSegmenter(), detector=detector)
    before, after = facefx.open_image(picture), result.picture
    for head in HEADS:
        x, y = (int(v) for v in head.center)
        part = after.rgb[y - 20 : y + 20, x - 15 : x + 15]
        assert part.max() < 0.25, "what is hidden still has its colours"
        assert np.ptp(part) < 0.05
    if before.alpha is not None and kind != "RGB key":
        assert np.array_equal(before.alpha, after.alpha)


def secrets() -> Image.Exif:
    """EXIF with a name, a place, a preview in the maker note, and what may stay."""
    exif = Image.Exif()
    preview = io.BytesIO()
    Image.fromarray(two_people()).resize((44, 23)).save(preview, "JPEG")
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Artist] = "Maker", "SECRET artist"
    exif[ExifTags.Base.ImageDescription], exif[ExifTags.Base.Model] = "SECRET words", "Model " + "SECRET" * 40
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.MakerNote: b"SECRET" + preview.getvalue(),
        ExifTags.Base.UserComment: b"ASCII\0\0\0SECRET comment",
        ExifTags.Base.BodySerialNumber: "SECRET 42",
        ExifTags.Base.CameraOwnerName: "SECRET owner",
        ExifTags.Base.FNumber: 2.8,
        ExifTags.Base.ISOSpeedRatings: 200,
    }
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (48.0, 1.0, 2.0)}
    return exif


def with_secrets(space: str, pcs: str, tags: dict[str, bytes], name: str = "SECRET's screen") -> bytes:
    """A colour profile that calls itself so, with a tag of somebody's own, and words behind each of its parts."""
    tags = {tag: data + b"SECRET words" for tag, data in tags.items()} | {"mine": b"data\0\0\0\0\0\0\0\0SECRET preview"}
    made = icc_profile(space, pcs, tags, name)
    return made[:80] + b"SECRETSECRET" + made[92:]


def profiles() -> dict[str, tuple[str, str, dict[str, bytes]]]:
    """Colour profiles of every kind that is read."""
    made = {**WIDE, "grey": DARK_GREY, "table": rgb_table_profile(), "CMYK": cmyk_profile()}
    left = ("desc", "wtpt")
    return {
        name: (profile_space(icc), icc[20:24].decode().strip(), {t: d for t, d in tags_of(icc).items() if t not in left})
        for name, icc in made.items()
    }


@pytest.mark.parametrize("name", profiles())
def test_a_bare_profile_says_the_same_of_colours_and_nothing_else(name: str) -> None:
    icc = with_secrets(*profiles()[name])
    bare = bare_profile(icc)
    assert bare is not None
    assert b"SECRET" in icc
    assert b"SECRET" not in bare
    assert profile_name(bare) == profile_space(icc)
    assert bare_profile(bare) == bare
    before, after = read_profile(icc), read_profile(bare)
    assert before is not None
    assert after is not None
    if before.image_to_srgb is not None and after.image_to_srgb is not None:
        ink = Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 20, 4), np.uint8), "CMYK")
        assert np.array_equal(before.image_to_srgb(ink), after.image_to_srgb(ink))
        return
    colors = np.random.default_rng(0).random((20, 20, 3), np.float32)
    assert np.array_equal(before.to_srgb(colors), after.to_srgb(colors))
    assert np.array_equal(before.from_srgb(colors), after.from_srgb(colors))


def test_a_bare_profile_keeps_a_name_that_many_have_and_one_of_no_use_goes() -> None:
    bare = bare_profile(WIDE["Display P3"])
    assert bare is not None
    assert profile_name(bare) == "Display P3"
    new = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()  # of version 4
    assert new[8] == 4
    assert profile_name(bare_profile(new) or b"") == "sRGB built-in"
    assert bare_profile(b"SECRET") is None
    assert bare_profile(WIDE["Display P3"][:200]) is None


def saved(format: str) -> bytes:
    out = io.BytesIO()
    image = Image.fromarray(two_people())
    extra: dict[str, Any] = {"exif": secrets().tobytes(), "icc_profile": with_secrets(*profiles()["Display P3"])}
    if format == "PNG":
        extra["pnginfo"] = texts = PngInfo()
        for key in ("Comment", "version", "adobe", "compression", "background"):
            texts.add_text(key, "SECRET text")
    if format in ("JPEG", "WEBP", "MPO", "AVIF", "PNG"):
        extra["xmp"] = b"<x:xmpmeta>SECRET regions</x:xmpmeta>"
    if format == "MPO":
        extra |= {"save_all": True, "append_images": [image.rotate(180)]}
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
        extra["xmp"] = b"<x:xmpmeta>SECRET regions</x:xmpmeta>"
    if format not in Image.SAVE:
        Image.init()
    if format not in Image.SAVE:
        pytest.skip(f"this Pillow cannot write {format}")
    image.save(out, format, **extra)
    return out.getvalue()


@pytest.mark.parametrize("format", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_nothing_beside_the_pixels_tells_who_it_is(format: str, tmp_path: Path) -> None:
    data = saved(format)
    assert b"SECRET" in data
    detector = ScriptedDetector(*(head.detection for head in HEADS))
    result = chain("anonymize").run(data, segmenter=FakeSegmenter(), detector=detector)
    assert {"MakerNote", "UserComment", "BodySerialNumber", "CameraOwnerName", "Artist", "ImageDescription", "Model", "GPS"} <= set(
        result.dropped
    )
    assert b"SECRET" not in result.image
    path = facefx.save_image(result.picture, tmp_path / f"out.{'jpg' if format == 'MPO' else format.lower()}", keep_gps=True)
    written = path.read_bytes()
    assert b"SECRET" not in written
    exif = Image.Exif()
    exif.load(facefx.open_image(path).metadata.exif)
    assert not exif.get_ifd(ExifTags.IFD.GPSInfo)
    assert exif[ExifTags.Base.Make] == "Maker"
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ISOSpeedRatings] == 200
    assert "SECRET".encode("utf-16-be") not in result.image + written
    assert "the colour profile's texts" in result.dropped
    assert facefx.open_image(path).color_space == "RGB"
    opened = chain("anonymize").run(Image.open(io.BytesIO(data)), segmenter=FakeSegmenter(), detector=detector)
    assert "SECRET" not in repr(opened.image.info)
    assert "SECR" not in repr(opened.image.info)


def test_a_photo_in_which_nobody_was_found_to_hide_does_not_name_them_either(tmp_path: Path) -> None:
    result = chain("anonymize").run(saved("JPEG"), segmenter=FakeSegmenter(), detector=ScriptedDetector(), require_face=False)
    assert "Artist" in result.dropped
    assert b"SECRET" not in result.image
    assert b"SECRET" not in facefx.save_image(result.picture, tmp_path / "out.jpg", keep_gps=True).read_bytes()


def test_what_was_not_hidden_keeps_what_stands_beside_it() -> None:
    result = chain("recolor_lips").run(saved("JPEG"), segmenter=FakeSegmenter(), detector=ScriptedDetector(HEADS[0].detection))
    assert result.dropped == ()
    assert Image.open(io.BytesIO(result.image)).getexif()[ExifTags.Base.Artist] == "SECRET artist"


def test_a_cutout_leaves_nothing_of_the_background_beneath_its_alpha() -> None:
    result = chain("cutout")
    image = result.run(two_people(), segmenter=FakeSegmenter(), detector=ScriptedDetector(HEADS[0].detection)).image
    assert (image[..., 3] == 0).mean() > 0.3
    assert not image[image[..., 3] == 0].any()


@pytest.mark.parametrize(
    "boxes", [[Box(50, 60, 130, 140)], [(50, 60, 130, 140)], [HEADS[0].detection], (np.array([50, 60, 130, 140]),)]
)
def test_boxes_of_ones_own(boxes: Any) -> None:
    scene = facefx.parse(two_people(), segmenter=FakeSegmenter(), detector=boxes)
    assert len(scene.faces) == 1
    assert scene.faces[0].box.center == pytest.approx(HEADS[0].center, abs=8)
    hidden = chain("anonymize", **GREEN).run(two_people(), segmenter=FakeSegmenter(), detector=boxes).image
    assert middle_is_green(hidden, HEADS[0])
    assert not middle_is_green(hidden, HEADS[1])


def test_no_boxes_are_no_faces() -> None:
    assert facefx.parse(two_people(), segmenter=FakeSegmenter(), detector=[]).faces == ()


@pytest.mark.parametrize(
    ("boxes", "wrong"),
    [
        ([(50, 60, 40, 140)], "x0 < x1"), ([(50, 60, 130)], "four numbers"), ([(50, 60, 130, float("nan"))], "finite"),
        (["box"], "four numbers"), ([(900, 60, 990, 140)], "outside"), ([None], "four numbers"), (3, "a name"),
    ],
)  # fmt: skip
def test_boxes_that_are_none_are_refused(boxes: Any, wrong: str) -> None:
    with pytest.raises(ParameterError, match=wrong):
        facefx.parse(two_people(), segmenter=FakeSegmenter(), detector=boxes)


@pytest.mark.usefixtures("fakes")
def test_a_batch_hides_and_forgets_as_well(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Jane Doe"
    (tmp_path / "in").mkdir()
    Image.fromarray(two_people()).save(tmp_path / "in" / "two.jpg", quality=100, exif=exif)
    look = chain("anonymize", **GREEN)
    (record,) = [r for r in prepare(tmp_path / "in", tmp_path / "out", look).run(workers=1) if r.file == "two.jpg"]
    assert "Artist" in record.dropped
    with Image.open(tmp_path / "out" / "two.jpg") as image:
        assert 0x013B not in image.getexif()
        pixels = np.asarray(image).astype(int)
    for head in HEADS:
        x, y = (int(v) for v in head.center)
        part = pixels[y - 20 : y + 20, x - 15 : x + 15]
        assert part[..., 1].min() > 240
        assert part[..., [0, 2]].max() < 20


@pytest.mark.usefixtures("fakes")
def test_the_contact_sheet_of_a_batch_that_hides_does_not_show_who_it_was(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.fromarray(two_people()).save(tmp_path / "in" / "two.png")
    for folder, look, cells in (("hidden", chain("anonymize", **GREEN), 1), ("painted", chain("recolor_lips"), 2)):
        list(prepare(tmp_path / "in", tmp_path / folder, look).run(workers=1))
        with Image.open(tmp_path / folder / SHEET) as sheet:
            assert sheet.size == (cells * THUMBNAIL + 2 * GAP, THUMBNAIL + 2 * GAP)
    with Image.open(tmp_path / "hidden" / SHEET) as sheet, Image.open(tmp_path / "hidden" / "two.png") as result:
        result.thumbnail((THUMBNAIL, THUMBNAIL))
        top = GAP + (THUMBNAIL - result.height) // 2
        shown = np.asarray(sheet)[top : top + result.height, GAP:-GAP].astype(int)
        assert np.abs(shown - np.asarray(result)).mean() < 4


#: What draws by the places of parts of a face, or of people.
LATER = [
    "recolor_lips", "line_lips", "recolor_hair", "recolor_eyes", "recolor_brows", "apply_eyeliner", "apply_blush", "smooth_skin",
    "enlarge_eyes", "slim_face", "replace_background", "blur_background", "cutout",
]  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_no_later_effect_draws_on_what_was_hidden_where_its_parts_were(name: str) -> None:
    heads = ScriptedDetector(*(head.detection for head in HEADS))
    hide = chain("anonymize", faces=0, **GREEN)
    before = np.asarray(hide.run(two_people(), segmenter=FakeSegmenter(), detector=heads).image)
    after = np.asarray((hide | chain(name)).run(two_people(), segmenter=FakeSegmenter(), detector=heads).image)
    where = green(before)
    assert where.sum() > 5000
    assert green(after)[where].all()
    if after.shape[2] == 4:
        assert (after[..., 3][where] == 255).all()
    alone = np.asarray(chain(name).run(two_people(), segmenter=FakeSegmenter(), detector=heads).image)
    bare = slice(70, 130), slice(60, 120)  # the other one's face
    assert not where[bare].any()
    assert np.array_equal(after[bare], alone[bare])


def test_what_treats_all_of_the_picture_alike_treats_what_is_hidden_too() -> None:
    look = chain("anonymize", **GREEN).then("grade", preset="noir", strength=1.0)
    heads = ScriptedDetector(*(head.detection for head in HEADS))
    result = look.run(two_people(), segmenter=FakeSegmenter(), detector=heads).image
    assert not green(result).any()
    assert np.ptp(result.astype(int), axis=2).max() <= 2


def test_a_warp_beside_it_takes_what_is_hidden_along() -> None:
    close = [Head((90, 110), 80), Head((165, 110), 90)]
    picture = painted(label_picture(close, (230, 300)))
    heads = ScriptedDetector(*(head.detection for head in close))
    look = chain("anonymize", faces=1, **GREEN).then("slim_face", strength=1.0, faces=0)
    warped = np.asarray(look.run(picture, segmenter=FakeSegmenter(), detector=heads).image)
    dyed = np.asarray(look.then("recolor_hair", color="#ff0000").run(picture, segmenter=FakeSegmenter(), detector=heads).image)
    assert green(warped).sum() > 3000
    assert green(dyed)[green(warped)].all()
