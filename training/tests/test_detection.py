"""Face detectors: what they are taught, the loss, and a run from start to model folder."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_faces import face
from typer.testing import CliRunner

from facefx.errors import ImageError, ModelError, ParameterError
from facefx.face.values import Box, Detection
from facefx.inference.cards import DetectorCard
from facefx.inference.detector.decode import cells, decode, without_doubles
from facefx.inference.detector.onnx import OnnxDetector
from facefx_training.cli import app
from facefx_training.data.readers.points import part_of
from facefx_training.detection.compose import MIRRORED, Face, cut_head, faceless_patch
from facefx_training.detection.config import DetectorConfig
from facefx_training.detection.data import ComposedPictures, Material, draw, read_material
from facefx_training.detection.evaluate import evaluate
from facefx_training.detection.export import export_detector
from facefx_training.detection.frames import Frame, face_of, on_scene, read_frames
from facefx_training.detection.judge import judge, recall, report, threshold_for
from facefx_training.detection.losses import WEIGHTS, detection_loss
from facefx_training.detection.module import FaceFinder, find, network_of
from facefx_training.detection.network import FaceNet, Scored
from facefx_training.detection.targets import FACE, IGNORED, NO_FACE, targets
from facefx_training.detection.train import load_averaged, train
from facefx_training.networks import build
from facefx_training.run.checkpoints import latest_checkpoint
from facefx_training.run.config import Config


def a_face(x: float, y: float, side: float, roll: float = 0.0, visible: float = 1.0) -> Face:
    points = np.array([[0.2, -0.2], [-0.2, -0.2], [0, 0.05], [0.15, 0.3], [-0.15, 0.3]]) * side + (x, y)
    return Face(Box.square((x, y), side), roll, points, visible, 120.0)


def landmarks(x: float, y: float, side: float) -> np.ndarray:
    """68 points of a face whose features lie where `a_face` has them."""
    points = np.tile([x, y], (68, 1)).astype(float)
    points[:17] += np.column_stack([np.linspace(-0.4, 0.4, 17), np.linspace(0, 0.4, 17)]) * side
    points[17:27] += (0, -0.4 * side)
    points[36:42] += (-0.2 * side, -0.2 * side)
    points[42:48] += (0.2 * side, -0.2 * side)
    points[30] += (0, 0.05 * side)
    points[48] += (-0.15 * side, 0.3 * side)
    points[54] += (0.15 * side, 0.3 * side)
    return points


def material(frames: int = 0) -> Material:
    pairs = [face(128, seed) for seed in range(3)]
    heads = [head for image, labels in pairs if (head := cut_head(image, labels))]
    patches = [patch for image, labels in pairs if (patch := faceless_patch(image, labels)) is not None]
    return Material(heads, patches, [Frame(pairs[0][0], face_of(landmarks(64, 64, 80)))] * frames)


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Photos of 20 people, two of each, and a row too many for the first."""
    root = tmp_path / "frames"
    (root / "images").mkdir(parents=True)
    rows = ["image," + ",".join(f"x{i},y{i}" for i in range(68))]
    for person in range(20):
        for number in range(2):
            name = f"Person_{person}_{number}.jpg"
            cv2.imwrite(str(root / "images" / name), np.full((60, 50, 3), person, np.uint8))
            rows += [name + "," + ",".join(f"{v:.2f}" for v in landmarks(25, 30, 30).ravel())]
    rows.insert(1, rows[1].replace("25.00", "2.00"))
    (root / "landmarks.csv").write_text("\n".join(rows))
    return root


# ---- what is taught


def perfect(faces: list[Face], size: int) -> torch.Tensor:
    """Codes of a network that knows the targets by heart, scores as logits."""
    wanted, grid = targets(faces, size, size), cells(size, size)
    codes = np.zeros_like(wanted)
    there = wanted[:, 0] == FACE
    codes[:, 0] = np.where(there, 12.0, -12.0)
    codes[there, 1:3] = (wanted[there, 1:3] - grid[there, :2]) / grid[there, 2:]
    codes[there, 3] = np.log(wanted[there, 3] / (4 * grid[there, 2]))
    codes[there, 4:] = np.nan_to_num(wanted[there, 4:])
    return torch.from_numpy(codes)[None]


def test_targets_decode_to_the_faces_that_they_were_made_of() -> None:
    faces = [a_face(60, 70, 30, roll=100), a_face(150, 160, 90, roll=-40), a_face(250, 60, 50), a_face(160, 300, 170)]
    codes = perfect(faces, 352)
    codes[..., 0] = codes[..., 0].sigmoid()
    found = without_doubles(decode(codes[0].numpy(), 352, 352, 0.5))
    assert len(found) == len(faces)
    for one in faces:
        place = int(np.argmin(np.hypot(*(found.squares[:, :2] - one.box.center).T)))
        assert found.squares[place] == pytest.approx((*one.box.center, one.box.side), abs=1e-2)
        assert found.rolls[place] == pytest.approx(one.roll, abs=1e-3)
        assert found.points[place] == pytest.approx(one.points, abs=1e-2)


def test_what_cannot_be_seen_is_neither_asked_for_nor_forbidden() -> None:
    grid = cells(128, 128)
    near = np.hypot(*(grid[:, :2] - 64).T) < 12
    for hidden in (a_face(64, 64, 40, visible=0.2), a_face(64, 64, 9)):
        kinds = targets([hidden], 128, 128)[:, 0]
        assert not (kinds == FACE).any()
        assert (kinds == IGNORED).any()
    kinds = targets([a_face(64, 64, 40)], 128, 128)[:, 0]
    own = grid[:, 2] == 8
    assert (kinds[near & own] != NO_FACE).all()
    assert (kinds == FACE).sum() >= 3
    assert (kinds[~near & (np.hypot(*(grid[:, :2] - 64).T) > 20)] == NO_FACE).all()
    assert (kinds[~own] == NO_FACE).all()  # an eye is no small face, and a face no large one
    assert (targets([a_face(64, 64, 500)], 128, 128)[:, 0] == NO_FACE).all()  # to be found in a smaller copy of the picture


def test_every_size_has_cells() -> None:
    for side in np.geomspace(12, 390, 30):
        assert (targets([a_face(203, 197, float(side))], 416, 416)[:, 0] == FACE).sum() >= 3


def test_the_loss_is_least_where_all_is_known() -> None:
    faces = [a_face(60, 70, 30, roll=100), a_face(130, 110, 70)]
    faces[0].points[0] = np.nan
    wanted, grid = torch.from_numpy(targets(faces, 192, 192))[None], torch.from_numpy(cells(192, 192))
    best = detection_loss(perfect(faces, 192), wanted, grid)
    assert set(best) == set(WEIGHTS)
    assert all(float(value) < 1e-3 for value in best.values())
    there = wanted[..., 0] == FACE
    for name, channel in (("score", 0), ("box", 1), ("box", 3), ("roll", 4), ("points", 9)):
        worse = perfect(faces, 192)
        worse[..., channel][there] += 1 if name != "score" else -20
        assert detection_loss(worse, wanted, grid)[name] > best[name] + 0.05
    nobody = torch.zeros_like(wanted)
    assert all(torch.isfinite(value) for value in detection_loss(perfect(faces, 192), nobody, grid).values())


# ---- pictures


@pytest.mark.parametrize("seed", range(8))
def test_pictures_are_drawn_by_their_seed(seed: int) -> None:
    pictures = ComposedPictures(material(frames=2), 128, 8, frames_share=0.5, seed=3, epoch=1)
    image, wanted = pictures[seed]
    assert (image.shape, image.dtype, wanted.shape) == ((3, 128, 128), torch.uint8, (16 * 16 + 8 * 8 + 4 * 4, 16))
    again, same = pictures[seed]
    assert torch.equal(image, again)
    assert torch.equal(wanted.nan_to_num(), same.nan_to_num())
    assert set(wanted[:, 0].unique().tolist()) <= {FACE, NO_FACE, IGNORED}
    other = ComposedPictures(material(frames=2), 128, 8, frames_share=0.5, seed=3, epoch=2)[seed][0]
    assert not torch.equal(image, other)


def test_landmarks_give_box_roll_and_points() -> None:
    found = face_of(landmarks(100, 90, 60))
    assert found.points == pytest.approx(a_face(100, 90, 60).points)
    assert found.roll == pytest.approx(0)
    assert found.box.center == pytest.approx((100, 90), abs=15)
    turn = np.array([[0, -1], [1, 0]])  # a quarter clockwise
    assert face_of(landmarks(0, 0, 60) @ turn.T).roll == pytest.approx(90)


def test_a_photo_is_laid_onto_a_picture_with_its_face() -> None:
    photo = np.zeros((120, 100, 3), np.uint8)
    given = face_of(landmarks(50, 60, 50))
    for point, colour in zip(given.points, ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255)), strict=True):
        cv2.circle(photo, tuple(np.floor(point).astype(int).tolist()), 4, colour, -1)
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = on_scene([Frame(photo, given)], np.full((200, 200, 3), 90, np.uint8), rng, sizes=(70.0, 0.6), turned=1.0)
        (laid,) = made.faces
        x, y = laid.points[2]
        assert made.image[int(y), int(x)].tolist() == pytest.approx([0, 0, 255], abs=30)
        left = laid.points[0]
        if (left > 3).all() and (left < 197).all():
            colour = made.image[int(left[1]), int(left[0])].astype(int)
            assert colour[2] < 60
            assert max(colour[:2]) > 150  # the left eye, or in the mirror the right one
        along = laid.points[0] - laid.points[1]
        assert np.degrees(np.arctan2(along[1], along[0])) == pytest.approx(laid.roll, abs=0.1)
    assert MIRRORED == [1, 0, 2, 4, 3]


def test_photos_are_divided_by_person_and_the_last_row_counts(frames: Path) -> None:
    parts = {split: read_frames(frames, split) for split in ("train", "val", "test")}
    assert sum(map(len, parts.values())) == 40
    people = {split: {int(frame.image[0, 0, 0]) for frame in chosen} for split, chosen in parts.items()}
    assert not people["train"] & (people["val"] | people["test"])
    assert all(frame.face.points[2] == pytest.approx((25, 31.5)) for chosen in parts.values() for frame in chosen)
    assert part_of("Person_0") in parts


# ---- judging


def test_recall_is_taken_where_few_boxes_are_false() -> None:
    there = [a_face(50, 50, 60), a_face(150, 50, 60, roll=120), a_face(250, 50, 60, visible=0.3)]
    boxes = [(50, 0.9), (52, 0.85), (150, 0.6), (250, 0.7), (350, 0.5)]
    outcome = judge([([Detection(Box.square((x, 50), 60), 0, score) for x, score in boxes], there)])
    assert outcome.false.tolist() == [False, True, False, False, True]  # the second is a double
    assert threshold_for(outcome, 0.02) == 0.9
    assert recall(outcome, 0.9) == (1, 2)  # the one that is hidden does not count
    assert threshold_for(outcome, 0.25) == 0.6
    scores = report(outcome, 0.6)
    assert (scores["false"], scores["found"]["faces of 40 px and more"]) == (25.0, 100.0)
    assert scores["found"]["tilt over 90"] == 100.0
    nothing = judge([([], there)])
    assert recall(nothing, threshold_for(nothing)) == (0, 2)


# ---- the run


def test_the_network_is_small_and_says_as_much_as_there_are_cells() -> None:
    network = FaceNet(pretrained=False)
    assert sum(p.numel() for p in network.parameters()) <= 1_000_000
    codes = Scored(network.eval())(torch.rand(2, 3, 64, 96)).detach()
    assert codes.shape == (2, len(cells(64, 96)), 16)
    assert 0 < float(codes[..., 0].min()) <= float(codes[..., 0].max()) < 0.2


def test_one_picture_can_be_learnt_by_heart() -> None:
    torch.manual_seed(0)
    made = next(made for seed in range(20) if len((made := draw(material(), 96, np.random.default_rng(seed))).faces) == 1)
    network = FaceNet(24, pretrained=False).train()
    image = torch.from_numpy(made.image).permute(2, 0, 1)[None].float() / 255
    wanted = torch.from_numpy(targets(made.faces, 96, 96))[None]
    optimizer = torch.optim.AdamW(network.parameters(), 0.002)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 80)  # so that the last steps settle, whatever picture was drawn
    for _ in range(80):
        parts = detection_loss(network(image), wanted, torch.from_numpy(cells(96, 96)))
        optimizer.zero_grad()
        sum(WEIGHTS[name] * value for name, value in parts.items()).backward()
        optimizer.step()
        slower.step()
    (found, *_) = find(network, made.image, 0.1)
    (there,) = made.faces
    assert found.box.iou(there.box) > 0.6
    assert abs((found.roll - there.roll + 180) % 360 - 180) < 20


def test_a_run_goes_on_after_an_interruption_and_ends_as_a_model_folder(
    pairs: Path, frames: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = DetectorConfig(
        faces=str(pairs), frames=str(frames), steps=4, sizes=((0.0, 64), (0.5, 96)), batch=2, epoch=2, stored=96, workers=0,
        validate_every=1, validate_on=2, pyramid=16,
    )  # fmt: skip
    run, model = tmp_path / "run", tmp_path / "finder"
    monkeypatch.setattr(
        "facefx_training.detection.module.network_of", lambda config, pretrained: network_of(config, pretrained=False)
    )
    with monkeypatch.context() as interrupted:
        step = FaceFinder.training_step

        def stop(self: FaceFinder, batch: object, batch_idx: int) -> torch.Tensor:
            if self.global_step == 3:
                raise KeyboardInterrupt
            return step(self, batch, batch_idx)

        interrupted.setattr(FaceFinder, "training_step", stop)
        with pytest.raises(SystemExit):
            train(config, run)
    first = latest_checkpoint(run)
    assert first is not None
    assert torch.load(first, weights_only=True)["global_step"] == 3
    train(config, run)
    kept, network, reached = load_averaged(run)
    assert (kept, reached["steps"]) == (config, 4)
    assert list((run / "log").rglob("metrics.csv"))

    export_detector(kept, network, reached, model, version="0.1", license="CC0-1.0")
    card = DetectorCard.read(model)
    assert (card.name, card.version, card.license) == ("finder", "0.1", "CC0-1.0")
    assert card.training["steps"] == 4
    threshold, scores = evaluate(model, pairs, frames=frames, pictures=1, limit=2, seed=0, false=0.02)
    assert 0 < threshold < 1
    assert set(scores) == {"composed", "frames"}
    picture = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    by_torch = find(network, np.pad(picture, ((0, 0), (0, 32), (0, 0))), 0.001)
    assert by_torch
    OnnxDetector(card, 0.001).detect(picture.astype(np.float32) / 255)


def test_a_run_may_start_from_a_segmenters_encoder_and_its_card_says_so(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = build("unet", 19, pretrained=False, encoder="efficientnet-lite0", stem=0)
    (tmp_path / "segmenter").mkdir()
    Config(data=str(pairs), steps=7, batch=3).save(tmp_path / "segmenter" / "config.json")
    monkeypatch.setattr("facefx_training.run.checkpoints.load_averaged", lambda run: (None, segmenter, {}))
    config = DetectorConfig(faces=str(pairs), steps=5, start=str(tmp_path / "segmenter"), validate_on=0, pyramid=16)
    finder = FaceFinder(config, material(), material())
    taken = finder.network.encoder.state_dict()
    assert all(torch.equal(value, segmenter.encoder.state_dict()[name]) for name, value in taken.items())

    reached = {"steps": 5, "minutes": 0.1, "hardware": "none"}
    export_detector(config, finder.network, reached, tmp_path / "finder", version="1", license="CC0-1.0")
    card = DetectorCard.read(tmp_path / "finder")
    first, last = card.training["commands"]
    assert "facefx-train train --into SEGMENTER" in first
    assert "--batch 3" in first
    assert last.endswith("--start SEGMENTER")
    assert "non-commercial" in card.data_license


def test_a_folder_without_a_face_or_a_checkpoint_is_refused(pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no checkpoint"):
        load_averaged(tmp_path)
    for path in (pairs / "labels").glob("*.png"):
        cv2.imwrite(str(path), np.zeros((96, 96), np.uint8))
    with pytest.raises(ImageError, match="0 show a head"):
        read_material(pairs, "train")


def test_settings_are_checked_and_kept(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="minutes or steps"):
        DetectorConfig(faces="x")
    with pytest.raises(ParameterError, match="multiples of 32"):
        DetectorConfig(faces="x", steps=1, sizes=((0.0, 200),))
    config = DetectorConfig(faces="x", minutes=2, pyramid=16)
    config.save(tmp_path / "config.json")
    assert DetectorConfig.load(tmp_path / "config.json") == config
    assert (config.size_at(0.1), config.size_at(0.9)) == (192, 256)


def test_the_commands_are_there() -> None:
    for command in ("train", "export", "evaluate"):
        assert CliRunner().invoke(app, ["detector", command, "--help"]).exit_code == 0
