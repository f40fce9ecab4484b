"""``facefx-train evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

__all__ = ["evaluate"]


def evaluate(
    model: Annotated[Path, typer.Argument(help="Model folder; or one for phones, run by its own runtime at its own size.")],
    data: Annotated[Path, typer.Option(help="Folder of pairs or A|B pictures; those of its val split count.")],
    size: Annotated[list[int] | None, typer.Option(help="Give whole frames at this size; several times for several.")] = None,
    end_to_end: Annotated[bool, typer.Option(help="Also through facefx at its best: detect, crop, parse, paste back.")] = False,
    quality: Annotated[
        list[str] | None, typer.Option(help="Also end to end as fast, balanced or best has it; several times for several.")
    ] = None,
    hair: Annotated[
        list[Path] | None, typer.Option(help="Folder with images/ and hair/ to score hair on, end to end, and with whole_frame.")
    ] = None,
    landmarks: Annotated[Path | None, typer.Option(help="Folder with images/ and landmarks.csv (68 points).")] = None,
    by_condition: Annotated[
        bool, typer.Option(help="Also apart for faces with glasses, a hat, hair over the face, turned, ...")
    ] = False,
    interval: Annotated[bool, typer.Option(help="Also where scores would lie on other pictures (bootstrap, 95 %).")] = False,
    raw_sides: Annotated[bool, typer.Option(help="Take left and right as labelled, inverted masks and all.")] = False,
    limit: Annotated[int | None, typer.Option(help="Only the first so many pictures of each set.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the scores here.")] = None,
    sheet: Annotated[Path | None, typer.Option(help="Write a contact sheet (PNG) of the last set of predictions.")] = None,
    into_card: Annotated[bool, typer.Option(help="Write the scores into the model's card.")] = False,
) -> None:
    """Score a model in its own label scheme; labels in another one are translated."""
    import json
    from functools import partial

    from facefx.errors import ParameterError
    from facefx.inference.cards import Quality

    from ..data import read_pictures, scheme_of
    from ..export.model_folder import set_quality, set_scores
    from ..export.phones import CARD, PhoneModel, PhoneSegmenter
    from ..judge import evaluate as judge
    from ..judge.conditions import conditions
    from ..judge.intervals import intervals
    from ..judge.predictors import on_whole_frames, through_facefx, whole_frame
    from ..judge.sheet import contact_sheet
    from ..run.published import segmenter_card

    phone = PhoneSegmenter(PhoneModel(model)) if (model / CARD).exists() else None
    if phone and (quality or size):
        raise ParameterError(f"{model} is for phones and has one size and no qualities; leave out --size and --quality")
    judged, scheme, source = phone or model, phone.scheme if phone else segmenter_card(model).scheme, scheme_of(data)
    pictures = read_pictures(data, "val", scheme, limit=limit, correct_sides=not raw_sides)
    kinds = []
    if by_condition:
        labelled = read_pictures(data, "val", source, limit=limit)
        kinds = [conditions(image, labels, source) for image, labels in zip(labelled.images, labelled.labels, strict=True)]
    ways = {f"whole_frame_{side}": whole_frame(model, side) for side in size or []}
    if phone:
        ways[f"whole_frame_{phone.model.size}"] = on_whole_frames(lambda crop: phone.probabilities(crop[None])[0], phone.model.size)
    if end_to_end:
        ways["end_to_end"] = through_facefx(judged)
    qualities = cast(list[Quality], quality or [])  # the segmenter refuses others
    ways |= {f"quality_{name}": through_facefx(model, quality=name) for name in qualities}
    found: dict[str, dict[str, Any]] = {}
    for way, predict in ways.items():
        matrix, predictions = judge.evaluate(predict, pictures, scheme)
        found[way] = {"on": f"{data.name}/val.txt, {len(pictures)} pictures", **judge.report(matrix, scheme)}
        if by_condition:
            found[way]["by_condition"] = judge.breakdown(predictions, pictures, kinds, scheme)
        if interval:
            found[way]["interval"] = intervals(predictions, pictures, scheme)
        if sheet:
            contact_sheet(pictures, predictions, sheet, labels=scheme)
        typer.echo(json.dumps({way: found[way]}))
    for folder in hair or []:
        way = f"hair_{folder.parent.name}_{folder.name}"
        found[way] = judge.hair_scores(through_facefx(judged), folder, limit, scheme)
        whole = judge.hair_scores(through_facefx(judged, "whole_frame"), folder, limit, scheme)
        found[way]["f1_whole_frame"] = whole["f1"]  # hair from behind, too, where no face is found
        typer.echo(json.dumps({way: found[way]}))
    if landmarks:
        found["landmarks"] = judge.landmark_hits(through_facefx(judged), landmarks, limit, scheme)
        typer.echo(json.dumps({"landmarks": found["landmarks"]}))
    if json_file:
        json_file.write_text(json.dumps(found, indent=2) + "\n")
    if into_card:
        of_qualities = {name: found.pop(f"quality_{name}") for name in qualities}
        (phone.model.set_scores if phone else partial(set_scores, model))(found)
        for name, scores in of_qualities.items():
            set_quality(model, name, {key: scores[key] for key in ("on", "accuracy", "miou", "mean_f1")})
