"""What the studio's page asks of its server: pictures parsed once, previews like results, looks, jobs, and nothing of others."""

from __future__ import annotations

import io
import json
import re
import shlex
import time
import zipfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
from PIL import Image

from conftest import Fakes
from facefx import Chain, Color, ParameterError, Range, chain, effect, open_image, parse, register
from facefx.analyzers.colors import _ITA_CLASSES
from facefx.chains.written import as_command, as_python
from facefx.cli.effect_text import chain_from_text
from facefx.face.scene import Scene
from facefx.held_files import HeldFiles
from facefx.plugins.installed import registry

pytest.importorskip("fastapi", reason="the extra studio is not installed")
from starlette.testclient import TestClient

from facefx import studio
from facefx.studio.catalog import catalog
from facefx.studio.edited import Edited, Kind
from facefx.studio.kept import Kept
from facefx.studio.routes import _files

API = "/studio/api"
RED = [{"use": "recolor_lips", "params": {"color": "#cc0000"}, "on": True}]


@pytest.fixture
def client(fakes: Fakes) -> TestClient:
    return TestClient(studio.app(), base_url="http://127.0.0.1:8765", raise_server_exceptions=False)


def png(rgb: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


def decoded(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def opened(client: TestClient, portrait: np.ndarray) -> dict[str, Any]:
    answer = client.post(f"{API}/pictures?name=Anna Ü.png&width=2000&height=2000", content=png(portrait))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def ask(client: TestClient, opened: dict[str, Any], what: str, **body: Any) -> Any:
    answer = client.post(f"{API}/pictures/{opened['id']}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_picture_is_parsed_once_however_often_it_is_edited(
    client: TestClient, opened: dict[str, Any], fakes: Fakes, portrait: np.ndarray
) -> None:
    looked = fakes.detector.calls
    for strength in (0.2, 0.6, 1.0):
        ask(client, opened, "preview", steps=[{"use": "recolor_lips", "params": {"strength": strength}}])
    saved = ask(client, opened, "save", steps=RED, format="png")
    assert fakes.detector.calls == looked
    assert (decoded(saved.content) == np.asarray(Image.open(io.BytesIO(chain("recolor_lips", color="#c00")(png(portrait)))))).all()
    assert "Anna%20%C3%9C-edited.png" in saved.headers["content-disposition"]


def test_a_preview_shows_what_the_result_will(client: TestClient, opened: dict[str, Any], portrait_labels: np.ndarray) -> None:
    preview = decoded(ask(client, opened, "preview", steps=RED).content).astype(int)
    saved = decoded(ask(client, opened, "save", steps=RED, format="png").content).astype(int)
    assert preview.shape == saved.shape
    assert np.abs(preview - saved).mean() < 3  # it is a JPEG
    plain = decoded(ask(client, opened, "preview", steps=[{**RED[0], "on": False}]).content).astype(int)
    lips = np.isin(portrait_labels, (11, 12))
    assert np.abs(preview - plain)[lips].mean() > 10 > 2 > np.abs(preview - plain)[:20].mean()


def test_the_same_steps_after_others_draw_the_same_numbers(client: TestClient, opened: dict[str, Any]) -> None:
    """What a preview keeps of earlier ones changes nothing: a step draws by its place among its like."""
    sketched = [{"use": "sketch", "params": {}}, *RED, {"use": "sketch", "params": {}}]
    ask(client, opened, "preview", steps=sketched[:1])
    ask(client, opened, "preview", steps=sketched[:2])
    grown = ask(client, opened, "preview", steps=sketched).content
    same = ask(client, opened, "save", steps=[], format="png").content
    again = client.post(f"{API}/pictures?width=2000&height=2000", content=same).json()
    assert ask(client, again, "preview", steps=sketched).content == grown


def test_a_draft_is_the_same_picture_with_fewer_pixels(client: TestClient, portrait: np.ndarray) -> None:
    """It is what a slow effect shows while its slider is held; what is shown afterwards is a preview as ever."""
    large = np.asarray(Image.fromarray(portrait).resize((1000, 1000 * portrait.shape[0] // portrait.shape[1])))
    opened = client.post(f"{API}/pictures?width=2000&height=2000", content=png(large)).json()
    for steps in ([], RED, [{"use": "slim_face", "params": {}}], [{"use": "anonymize", "params": {}}]):
        whole = decoded(ask(client, opened, "preview", steps=steps).content)
        draft = decoded(ask(client, opened, "preview", steps=steps, draft=True).content)
        assert max(draft.shape) == 768 < max(whole.shape) == max(large.shape)
        again = np.asarray(Image.fromarray(whole).resize(draft.shape[1::-1], Image.Resampling.BOX)).astype(int)
        assert np.abs(again - draft).mean() < 3
        assert (decoded(ask(client, opened, "preview", steps=steps).content) == whole).all()


def test_a_slider_runs_its_own_step_alone_however_far_it_moves(client: TestClient, opened: dict[str, Any]) -> None:
    ran: list[float] = []

    @register
    @effect(region="picture")
    def fade(image: np.ndarray, *, strength: Annotated[float, Range(0, 1)] = 0.5) -> np.ndarray:
        """Fade it."""
        ran.append(strength)
        return image * np.float32(1 - strength / 2)

    first, places = {"use": "session:fade", "params": {"strength": 0.25}}, [place / 30 for place in range(1, 31)]
    for place in places:
        ask(client, opened, "preview", steps=[first, {"use": "session:fade", "params": {"strength": place}}])
    assert ran == [0.25, *places]
    ran.clear()
    ask(client, opened, "preview", steps=[first, {"use": "session:fade", "params": {"strength": places[-2]}}])  # undone
    assert ran == []


def test_of_a_sliders_places_few_are_kept() -> None:
    scene, kind = Scene(np.zeros((4, 4, 3), np.float32), ()), Kind(draft=False, private=False)
    kept, looks = Edited(), [chain("grade", strength=place / 30).then("sketch", strength=place / 30) for place in range(30)]
    for look in looks:
        for count in (1, 2):
            kept.keep(kind, look, count, scene)
    assert len(kept) == 4
    assert kept.longest(kind, looks[-1]) == (2, scene)
    assert kept.longest(kind, chain("grade", strength=29 / 30).then("glow"))[0] == 1
    assert kept.longest(kind, looks[0]) == (0, None)
    assert kept.longest(Kind(draft=True, private=False), looks[-1]) == (0, None)
    names = ["grade", "sketch", "glow", "cartoon"]
    for name in names:
        for other in names:
            kept.keep(kind, chain(name).then(other), 2, scene)
    assert len(kept) == 12


def test_parts_say_whose_they_are(client: TestClient, fakes: Fakes, make_portrait: Any) -> None:
    from synthetic import Head

    pair = make_portrait(Head((100, 110), 70, 0), Head((290, 110), 70, 0), size=(220, 390))
    found = client.post(f"{API}/pictures", content=png(pair)).json()
    assert len(found["faces"]) == 2
    parts = decoded(client.get(f"{API}/pictures/{found['id']}/parts.png").content)
    assert set(np.unique(parts[..., 1])) == {0, 1, 2}
    left, right = parts[:, :195, 1], parts[:, 195:, 1]
    assert {len(set(np.unique(side)) - {0}) for side in (left, right)} == {1}
    assert found["classes"][int(parts[..., 0].max())]["name"]


def test_what_can_be_downloaded(client: TestClient, opened: dict[str, Any], portrait_labels: np.ndarray) -> None:
    path = f"{API}/pictures/{opened['id']}"
    assert (decoded(client.get(f"{path}/labels.png").content) == portrait_labels).mean() > 0.9
    assert decoded(client.get(f"{path}/mask.png?region=lips").content).shape == portrait_labels.shape
    assert decoded(client.get(f"{path}/overlay.png").content).shape == (*portrait_labels.shape, 3)
    assert client.get(f"{path}/analysis.json").json()["faces"][0]["face_boxes"]
    window = ask(client, opened, "window", steps=RED, window=[10, 20, 60, 50]).content
    assert decoded(window).shape == (30, 50, 3)
    assert decoded(ask(client, opened, "closeup", steps=RED).content).shape == (224, 224, 3)


def test_cutouts_keep_their_transparency(client: TestClient, opened: dict[str, Any]) -> None:
    steps = [{"use": "cutout", "params": {}}]
    for what in ("preview", "save"):
        assert decoded(ask(client, opened, what, steps=steps).content).shape[2] == 4


def test_who_is_hidden_is_hidden_in_the_preview_too(
    client: TestClient, opened: dict[str, Any], portrait_labels: np.ndarray
) -> None:
    steps = [{"use": "anonymize", "params": {}}]
    bare = decoded(ask(client, opened, "preview", steps=[]).content).astype(int)
    hidden = decoded(ask(client, opened, "preview", steps=steps).content).astype(int)
    assert np.abs(bare - hidden)[np.isin(portrait_labels, (4, 5, 11, 12))].mean() > 10


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("recolor_lips", "the steps are a list"),
        ([{"use": "recolour_lips"}], "Did you mean"),
        ([{"use": "recolor_lips", "params": {"strength": 9}}], "a number from 0 to 1"),
        ([{"use": "replace_background", "params": {"picture": "/etc/hostname"}}], "names no file that is open here"),
        ([{"use": "grade", "params": {"cube": "held:nothing"}}], "names no file that is open here"),
        ([{"params": {}}], "a step needs use"),
        ([{"use": "recolor_lips"}] * 65, "at most 64"),
    ],
)
def test_steps_that_are_none(client: TestClient, opened: dict[str, Any], steps: Any, message: str) -> None:
    answer = client.post(f"{API}/pictures/{opened['id']}/preview", json={"steps": steps})
    assert answer.status_code == 422
    assert message in answer.json()["message"]


def test_a_file_that_was_given_can_be_named(client: TestClient, opened: dict[str, Any]) -> None:
    path = client.post(f"{API}/files", content=png(np.full((20, 20, 3), (0, 0, 250), np.uint8))).json()["path"]
    steps = [{"use": "replace_background", "params": {"picture": path}}]
    assert decoded(ask(client, opened, "save", steps=steps, format="png").content)[1, 1].tolist() == [0, 0, 250]
    shared = client.post(f"{API}/look", json={"steps": steps}).json()
    assert shared["lost"] == ["replace_background: picture"]
    assert path not in json.dumps(shared["look"])


def test_looks_go_out_and_come_in(client: TestClient) -> None:
    saved = client.post(f"{API}/look", json={"steps": RED}).json()
    assert Chain.from_dict(saved["look"]) == chain("recolor_lips", color="#cc0000")
    loaded = client.post(f"{API}/load", content=json.dumps(saved["look"]).encode()).json()
    assert loaded["steps"][0]["params"]["color"] == "#cc0000"
    theirs = {"facefx_look": 1, "steps": [{"use": "grade", "params": {"cube": "/home/them/film.cube"}}]}
    stripped = client.post(f"{API}/load", content=json.dumps(theirs).encode()).json()
    assert stripped["lost"] == ["grade: cube"]
    assert stripped["steps"][0]["params"]["cube"] == ""
    assert client.post(f"{API}/load", content=b"\xff\xfe").status_code == 422


def stored(rgb: np.ndarray, kind: str) -> bytes:
    """A picture as a file such as people have."""
    out, image = io.BytesIO(), Image.fromarray(rgb)
    if kind == "HEIC":
        pytest.importorskip("pillow_heif", reason="the extra heif is not installed").register_heif_opener()
        image.save(out, "HEIF", quality=-1)
    elif kind == "EXIF":  # a phone held upright stores its pictures on their side
        exif = Image.Exif()
        exif[0x0112] = 6
        image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=97, exif=exif)
    elif kind == "alpha":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
        image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "said"),
    [("it's me.jpg", "it's me.jpg"), ("-o.jpg", "./-o.jpg"), ("../../etc/passwd", "passwd"), (None, "portrait.jpg"), (7, "7")],
)
def test_code_names_the_picture_that_is_open(client: TestClient, name: Any, said: str) -> None:
    found = client.post(f"{API}/look", json={"steps": RED, "name": name}).json()
    words = shlex.split(found["command"])
    assert words[:5] == ["facefx", "apply", said, "-o", "edited.png"]
    assert f"look.run({said!r})" in found["python"]


@pytest.mark.parametrize("kind", ["HEIC", "EXIF", "alpha"])
def test_pictures_of_all_kinds_come_in_and_go_out_upright_and_whole(
    client: TestClient, portrait: np.ndarray, portrait_labels: np.ndarray, kind: str
) -> None:
    data = stored(portrait, kind)
    found = client.post(f"{API}/pictures", content=data).json()
    assert (found["height"], found["width"]) == portrait.shape[:2]
    assert len(found["faces"]) == 1
    saved = ask(client, found, "save", steps=RED)
    image = Image.open(io.BytesIO(saved.content))
    assert image.format == ("PNG" if kind in ("HEIC", "alpha") else "JPEG")
    assert image.getexif().get(0x0112, 1) == 1
    shown = np.asarray(image).astype(int)
    lips = np.isin(portrait_labels, (11, 12))
    assert np.abs(shown[..., :3] - portrait)[lips].mean() > 10 > 3 > np.abs(shown[..., :3] - portrait)[:20].mean()
    preview = decoded(ask(client, found, "preview", steps=RED).content)
    assert preview.shape[2] == shown.shape[2] == (4 if kind == "alpha" else 3)
    if kind == "alpha":
        closeup = decoded(ask(client, found, "closeup", steps=[]).content)
        assert (shown[..., 3] == decoded(data)[..., 3]).all()
        assert np.abs(preview[..., 3].astype(int) - shown[..., 3]).max() <= 2
        assert (np.diff(closeup[..., 3].mean(axis=1)) > 0).mean() > 0.5  # the gradient that is in the picture
        cut = decoded(ask(client, found, "preview", steps=[{"use": "cutout", "params": {}}]).content).astype(int)
        assert (cut[..., 3] <= preview[..., 3].astype(int) + 2).all()
        assert cut[..., 3].mean() < 0.8 * preview[..., 3].mean()


def test_what_is_clear_moves_with_what_is_bent_in_a_preview_as_in_the_result(client: TestClient, portrait: np.ndarray) -> None:
    striped = np.full(portrait.shape[:2], 255, np.uint8)
    striped[:, ::8] = 0
    out = io.BytesIO()
    Image.fromarray(np.dstack([portrait, striped])).save(out, "PNG")
    found = client.post(f"{API}/pictures", content=out.getvalue()).json()
    slim = [{"use": "slim_face", "params": {"strength": 1.0}}]
    saved, shown = (decoded(ask(client, found, how, steps=slim).content)[..., 3] for how in ("save", "preview"))
    moved = np.abs(saved.astype(int) - striped)
    assert (moved > 100).mean() > 0.02
    assert np.abs(shown.astype(int) - saved).mean() < 0.05 * moved.mean()


def test_many_pictures_come_back_as_a_zip_with_a_report(client: TestClient, portrait: np.ndarray) -> None:
    key = client.post(f"{API}/folders", json={"steps": RED}).json()["id"]
    for name, data in (
        ("a/one.png", png(portrait)),
        ("a/one.jpg", png(portrait)),
        ("..\\..\\C\\two.png", png(portrait)),
        ("../../bad.png", b"no picture"),
    ):
        client.post(f"{API}/folders/{key}", params={"name": name}, content=data)
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{API}/folders/{key}/file").content))
    assert archive.namelist() == ["a/one.png", "a/one-2.png", "C/two.png", "facefx-batch.jsonl"]
    report = [json.loads(line) for line in archive.read("facefx-batch.jsonl").splitlines()]
    assert [one["status"] for one in report] == ["done", "done", "done", "failed"]
    assert archive.read("a/one.png") == chain("recolor_lips", color="#c00")(png(portrait))
    assert client.get(f"{API}/folders/{key}/file").status_code == 422


def test_a_cameras_frames_have_the_look_on_them(client: TestClient, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    out = io.BytesIO()
    Image.fromarray(portrait).save(out, "JPEG", quality=95)
    key = client.post(f"{API}/cameras").json()["id"]
    assert client.put(f"{API}/cameras/{key}", json={"steps": RED}).status_code == 200
    shown = decoded(client.post(f"{API}/cameras/{key}", content=out.getvalue()).content).astype(int)
    lips = np.isin(portrait_labels, (11, 12))
    assert np.abs(shown - portrait)[lips].mean() > 10 > 4 > np.abs(shown - portrait)[:20].mean()
    assert client.post(f"{API}/cameras/{key}", content=b"no frame").status_code == 422
    client.delete(f"{API}/cameras/{key}")
    assert client.post(f"{API}/cameras/{key}", content=out.getvalue()).status_code == 422


def test_a_film_is_edited_and_leaves_nothing(
    client: TestClient, portrait: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av", reason="the extra video is not installed")
    import av

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 186, 188, "yuv420p"
        for _ in range(6):
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(portrait[:188, :186]), "rgb24")):
                film.mux(packet)
        for packet in stream.encode():
            film.mux(packet)
    key = client.post(f"{API}/films", params={"name": "mine.mp4"}, content=path.read_bytes()).json()["id"]
    assert client.post(f"{API}/films/{key}/start", json={"steps": []}).status_code == 422
    client.post(f"{API}/films/{key}/start", json={"steps": RED})
    for _ in range(400):
        state = client.get(f"{API}/films/{key}").json()
        if state["finished"]:
            break
        time.sleep(0.05)
    assert (state["problem"], state["done"]) == ("", 6)
    assert client.get(f"{API}/films/{key}/file").content[4:8] == b"ftyp"
    client.delete(f"{API}/films/{key}")
    assert list((tmp_path / "work").iterdir()) == []


def test_pictures_are_found_by_nobody_who_was_not_told_their_names(client: TestClient, opened: dict[str, Any]) -> None:
    assert len(opened["id"]) >= 16
    for key in ("0", "", "../" + opened["id"], opened["id"][:-1]):
        assert client.post(f"{API}/pictures/{key}/preview", json={"steps": []}).status_code in (404, 405, 422)
    client.delete(f"{API}/pictures/{opened['id']}")
    gone = client.post(f"{API}/pictures/{opened['id']}/preview", json={"steps": []})
    assert "not open any more" in gone.json()["message"]


def test_errors_name_the_file_that_they_are_about(client: TestClient, portrait: np.ndarray) -> None:
    cut = png(portrait)[:900]
    answer = client.post(f"{API}/pictures?name=Anna Ü.png", content=cut)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("the file 'Anna Ü.png' is damaged or cut short")
    key = client.post(f"{API}/folders", json={"steps": RED}).json()["id"]
    assert "'b.png'" in client.post(f"{API}/folders/{key}?name=b.png", content=cut).json()["error"]
    client.delete(f"{API}/folders/{key}")


def test_how_large_a_picture_may_be_is_for_its_owner_to_say(
    fakes: Fakes, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACEFX_MAX_PIXELS", "1000")
    small = TestClient(studio.app(), base_url="http://127.0.0.1:8765")
    answer = small.post(f"{API}/pictures?name=a.png", content=png(portrait))
    assert answer.status_code == 422
    assert "where 1000 are allowed" in answer.json()["message"]
    monkeypatch.setenv("FACEFX_MAX_PIXELS", "1000000")
    large = TestClient(studio.app(), base_url="http://127.0.0.1:8765")
    assert large.post(f"{API}/pictures?name=a.png", content=png(portrait)).status_code == 200


def test_another_web_page_cannot_drive_the_studio(client: TestClient, portrait: np.ndarray) -> None:
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert client.post(f"{API}/pictures", content=png(portrait), headers=headers).status_code in (403, 421)


def test_the_page_needs_nothing_but_itself(client: TestClient) -> None:
    assert client.get("/").url.path == "/studio/index.html"
    for name, (content, kind) in _files().items():
        answer = client.get(f"/studio/{name}")
        assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind.partition(";")[0])
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        text = content.decode().replace("http://www.w3.org/2000/svg", "").replace("facefx studio", "")
        assert "//cdn" not in text
        assert "https://" not in text
        assert "http://" not in text
    for name in ("nothing.js", "../routes.py", "%2e%2e/routes.py"):
        assert client.get(f"/studio/{name}").status_code == 404


def test_every_effect_has_a_form_also_those_of_others(fakes: Fakes) -> None:
    @register
    @effect(region="hair")
    def dust_hair(image: np.ndarray, mask: np.ndarray, *, strength: Color = "#ffffff") -> np.ndarray:
        """Dust the hair."""
        return image

    effects = {one["use"]: one for one in catalog()["effects"]}
    assert set(effects) == set(registry().effects.items)
    assert effects["session:dust_hair"]["schema"]["strength"]["format"] == "color"
    assert effects["session:dust_hair"]["parts"] == ["hair"]
    assert effects["facefx:recolor_lips"]["parts"] == ["lower_lip", "upper_lip"]
    assert effects["facefx:grade"]["files"] == {"cube": "cube"}


def test_both_languages_have_the_same_words() -> None:
    import re

    text = _files()["words.js"][0].decode()
    english, german = text.partition("  de: {")[0], text.partition("  de: {")[2]
    words = set(re.findall(r"(\w+): \"", english))
    assert len(words) > 80
    assert words - set(re.findall(r"(\w+): \"", german)) <= {"before2"}
    used = {
        key
        for name, (content, _) in _files().items()
        for key in re.findall(r"data-(?:word|title|label)=\"(\w+)\"", content.decode())
    }
    assert used <= words


# --- what the studio needs of the library


def test_a_scene_at_another_size_has_the_same_masks(portrait: np.ndarray, fakes: Fakes) -> None:
    import cv2

    large = cv2.resize(portrait, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    scene = parse(large)
    height, width = scene.size
    calls = fakes.detector.calls
    small = scene.through((0, 0, width, height), (height // 3, width // 3))
    assert fakes.detector.calls == calls
    assert small.faces[0].box.side * 3 == pytest.approx(scene.faces[0].box.side, rel=0.02)
    for region in ("lips", "skin", "hair"):
        shrunk = cv2.resize(np.asarray(scene.mask(region)), small.size[::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk - small.mask(region)).mean() < 0.01
    part = scene.through((90, 60, 390, 360), (150, 150))
    x, y = scene.faces[0].box.center
    assert part.faces[0].box.center == pytest.approx(((x - 90) / 2, (y - 60) / 2))
    assert scene.through((0, 0, 4, 4), (4, 4)).faces == ()


def test_a_chain_is_written_as_one_would_write_it(portrait: np.ndarray, fakes: Fakes) -> None:
    look = chain("recolor_lips", color="#a2243b", finish="gloss").then("recolor_hair", strength=0.35, faces="0,2").then("sketch")
    words = shlex.split(as_command(look))
    effects = [words[i + 1] for i, one in enumerate(words) if one == "--effect"]
    again = Chain()
    for text in effects:
        again = again | chain_from_text(text)
    assert again == look
    written: dict[str, Any] = {}
    code = as_python(look).partition("result =")[0]
    exec(code, written)
    assert written["look"] == look
    from facefx import LookError

    with pytest.raises(LookError, match="save the chain as a look"):
        as_command(chain("replace_background", picture="a,b.jpg"))


def test_held_files_are_seen_by_those_inside_alone(portrait: np.ndarray) -> None:
    import threading

    from facefx import ImageError

    with HeldFiles({"me.png": png(portrait)}):
        assert (open_image("held:me.png").rgb * 255 + 0.5).astype(np.uint8).shape == portrait.shape
        failed: list[str] = []

        def elsewhere() -> None:
            try:
                open_image("held:me.png")
            except ImageError as error:
                failed.append(str(error))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert "no such file is held" in failed[0]
    with pytest.raises(ImageError, match="no such file is held"):
        open_image("held:me.png")
    with pytest.raises(ParameterError):
        chain("grade", cube="held:me.cube")(portrait)


def test_a_rectangle_of_faces_means_the_same_in_previews(client: TestClient, fakes: Fakes, make_portrait: Any) -> None:
    from synthetic import Head

    pair = make_portrait(Head((100, 110), 70, 0), Head((290, 110), 70, 0), size=(220, 390))
    large = np.asarray(Image.fromarray(pair).resize((390 * 4, 220 * 4)))
    found = client.post(f"{API}/pictures?width=1170&height=1170", content=png(large)).json()
    assert len(found["faces"]) == 2
    params = {"color": "#0000ff", "faces": "(780,0,1560,880)"}  # the right half, in pixels of the whole picture
    for draft in (False, True):
        bare = decoded(ask(client, found, "preview", steps=[], draft=draft).content).astype(int)
        shown = decoded(ask(client, found, "preview", steps=[{"use": "recolor_lips", "params": params}], draft=draft).content)
        changed = np.abs(shown - bare).max(axis=2) > 40
        middle = changed.shape[1] // 2
        assert changed[:, middle:].any()
        assert not changed[:, :middle].any()
    closeups = [
        ask(client, found, "closeup", steps=[{"use": "recolor_lips", "params": params}], face=face).content
        == ask(client, found, "closeup", steps=[], face=face).content
        for face in (0, 1)
    ]
    assert sorted(closeups) == [False, True]


class Job:
    """A job that says whether it was ended."""

    def __init__(self, is_busy: bool = False) -> None:
        self.is_busy, self.ended = is_busy, 0

    def end(self) -> None:
        self.ended += 1


def test_jobs_are_kept_for_so_many_and_so_long() -> None:
    kept, jobs = Kept[Job](2, 1000), [Job() for _ in range(3)]
    first, second = kept.add(jobs[0]), kept.add(jobs[1])
    assert kept[first] is jobs[0]  # asked for, so the other one goes
    kept.add(jobs[2])
    assert [job.ended for job in jobs] == [0, 1, 0]
    with pytest.raises(ParameterError, match="not there any more"):
        kept[second]
    jobs[0].is_busy = jobs[2].is_busy = True
    refused = Job()
    with pytest.raises(ParameterError, match="2 are at work already"):
        kept.add(refused)
    assert refused.ended == 1
    kept.close()
    assert [job.ended for job in jobs] == [1, 1, 1]
    assert len(kept) == 0
    brief, old = Kept[Job](2, 0.2), Job(is_busy=True)
    brief.add(old)
    begun = time.monotonic()
    while not old.ended and time.monotonic() - begun < 30:
        time.sleep(0.02)
    assert old.ended == 1  # by itself, at work or not
    assert len(brief) == 0


def test_when_the_studio_stops_nothing_of_films_and_folders_is_left(
    fakes: Fakes, portrait: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with TestClient(studio.app(), base_url="http://127.0.0.1:8765") as client:
        assert client.post(f"{API}/films", content=b"a film").status_code == 200
        key = client.post(f"{API}/folders", json={"steps": RED}).json()["id"]
        client.post(f"{API}/folders/{key}?name=a.png", content=png(portrait))
        assert len(list(tmp_path.glob("facefx-studio-*"))) == 2
    assert list(tmp_path.glob("facefx-studio-*")) == []


def test_a_page_that_uploads_films_and_forgets_them_does_not_fill_the_disk(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    keys = [client.post(f"{API}/films", content=b"a film").json()["id"] for _ in range(10)]
    assert len(list(tmp_path.glob("facefx-studio-*"))) == 8
    assert client.get(f"{API}/films/{keys[0]}").status_code == 422
    for key in keys:
        client.delete(f"{API}/films/{key}")
    assert list(tmp_path.glob("facefx-studio-*")) == []


def test_what_the_built_in_effects_declare_is_there_in_german() -> None:
    """The form says it in the page's language: no built-in sentence or name is left in English, and none is there for nothing."""
    page, _ = _files()["german.js"]
    sentences, rest = page.decode().split("export const NAMES")
    names, rest = rest.split("export const FOUND")
    found, looks = rest.split("export const LOOKS")
    german = said_in(sentences)
    named = dict(re.findall(r'(\w+): "([^"]+)"', names))
    effects = [one for one in catalog()["effects"] if one["from"] == "facefx"]
    fields = [(name, schema) for one in effects for name, schema in one["schema"].items()]
    said = {one["summary"] for one in effects} | {schema.get("description", "") for name, schema in fields if name != "faces"}
    assert said - {""} == set(german)
    words = {one["name"] for one in effects} | {name for name, _ in fields}
    assert words | {choice for _, schema in fields for choice in schema.get("enum", ())} == set(named)
    assert not [english for english, text in german.items() if not text or text == english]
    assert set(said_in(looks)) == {one["summary"] for one in catalog()["looks"]}
    assert {f"look:{one['name']}" for one in catalog()["looks"]} == set(re.findall(r'"(look:\w+)": "[^"]+"', found))


def said_in(page: str) -> dict[str, str]:
    """The sentences of a table of German, a line each, by the English ones."""
    return {json.loads(key): json.loads(text) for key, text in re.findall(r'^  ("(?:[^"\\]|\\.)*"): (".*"),$', page, re.M)}


def test_what_is_measured_is_named_in_german(client: TestClient, opened: dict[str, Any]) -> None:
    page, words = (_files()[name][0].decode() for name in ("german.js", "words.js"))
    known = set(re.findall(r'(\w+): "[^"]+"', page.partition("export const NAMES")[2] + words.partition("  de: {")[2]))
    shapes, used = set(), set()

    def walk(value: Any, under: str = "") -> None:
        if isinstance(value, dict):
            shapes.update(value if under == "scores" else ())
            used.update(value)
            for name, one in value.items():
                walk(one, name)

    (face,) = client.get(f"{API}/pictures/{opened['id']}/analysis.json").json()["faces"]
    walk(face)
    assert len(shapes) == 5
    assert used - known <= {"x0", "y0", "x1", "y1"}
    for _, tone in _ITA_CLASSES:
        assert f'"ita_class:{tone}": "' in page
