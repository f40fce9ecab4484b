"""The plugin that facefx itself is: the built-in effects, analyzers, segmenters and detectors, through the hooks that all use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from ..analyzers.boxes import eye_boxes, face_boxes, part_boxes
from ..analyzers.colors import colors
from ..analyzers.contour import face_contour
from ..analyzers.face_shape import face_shape
from ..analyzers.irises import irises
from ..analyzers.pose import head_pose
from ..analyzers.proportions import proportions
from ..analyzers.symmetry import symmetry
from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..effects.eyes.apply_eyeliner import apply_eyeliner
from ..effects.eyes.apply_eyeshadow import apply_eyeshadow
from ..effects.eyes.brighten_eyes import brighten_eyes
from ..effects.eyes.recolor_brows import recolor_brows
from ..effects.eyes.recolor_eyes import recolor_eyes
from ..effects.hair.grey_hair import grey_hair
from ..effects.hair.recolor_hair import recolor_hair
from ..effects.hair.shine_hair import shine_hair
from ..effects.lips.line_lips import line_lips
from ..effects.lips.recolor_lips import recolor_lips
from ..effects.lips.whiten_teeth import whiten_teeth
from ..effects.overlays.draw_boxes import draw_boxes
from ..effects.overlays.draw_contour import draw_contour
from ..effects.overlays.draw_regions import draw_regions
from ..effects.overlays.show_region import show_region
from ..effects.scene.anonymize import anonymize
from ..effects.scene.blur_background import blur_background
from ..effects.scene.cartoon import cartoon
from ..effects.scene.cutout import cutout
from ..effects.scene.glow import glow
from ..effects.scene.grade import grade
from ..effects.scene.replace_background import replace_background
from ..effects.scene.sketch import sketch
from ..effects.shape.enlarge_eyes import enlarge_eyes
from ..effects.shape.lift_brows import lift_brows
from ..effects.shape.reshape_nose import reshape_nose
from ..effects.shape.slim_face import slim_face
from ..effects.skin.apply_blush import apply_blush
from ..effects.skin.apply_foundation import apply_foundation
from ..effects.skin.contour_face import contour_face
from ..effects.skin.even_skin import even_skin
from ..effects.skin.reduce_shine import reduce_shine
from ..effects.skin.remove_blemishes import remove_blemishes
from ..effects.skin.smooth_skin import smooth_skin
from ..effects.skin.soften_under_eyes import soften_under_eyes
from ..effects.skin.transfer_makeup import transfer_makeup
from ..face.values import Detector, Segmenter
from ..inference.cards import detectors_among, installed_models, person_segmenters_among, segmenters_among
from ..inference.detector.cascade import CascadeDetector
from ..inference.detector.whole_frame import WholeFrame
from .hookspecs import hookimpl


@hookimpl
def facefx_effects() -> Iterable[EffectSpec]:
    return [
        recolor_lips,
        recolor_hair,
        line_lips,
        shine_hair,
        grey_hair,
        recolor_brows,
        transfer_makeup,
        smooth_skin,
        even_skin,
        remove_blemishes,
        soften_under_eyes,
        reduce_shine,
        apply_foundation,
        apply_blush,
        contour_face,
        slim_face,
        enlarge_eyes,
        reshape_nose,
        lift_brows,
        recolor_eyes,
        brighten_eyes,
        apply_eyeliner,
        apply_eyeshadow,
        whiten_teeth,
        anonymize,
        blur_background,
        cartoon,
        cutout,
        draw_boxes,
        draw_contour,
        draw_regions,
        glow,
        grade,
        replace_background,
        show_region,
        sketch,
    ]


@hookimpl
def facefx_analyzers() -> Iterable[AnalyzerSpec]:
    return [face_boxes, eye_boxes, part_boxes, face_contour, head_pose, proportions, symmetry, colors, irises, face_shape]


@hookimpl
def facefx_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:
    return dict(segmenters_among(installed_models()))


@hookimpl
def facefx_detectors() -> Mapping[str, Path | Callable[[], Detector]]:
    return {"cascade": CascadeDetector, "whole_frame": WholeFrame, **detectors_among(installed_models())}


@hookimpl
def facefx_person_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:
    return dict(person_segmenters_among(installed_models()))
