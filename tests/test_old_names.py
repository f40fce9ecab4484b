"""What could be imported in 0.1 still can: a list of it, since nothing else remembers it."""

from __future__ import annotations

import subprocess
import sys
import warnings
from importlib import import_module

import pytest

from facefx._moved import MOVED

#: The public names (`__all__`) of every module of 0.1 that others had a reason to import, but for `cards.installed_cards` and
#: `cards.installed_detectors`, whose meaning is gone: models in FACEFX_MODELS are a plugin of their own now.
NAMES = {
    "masks": "depth feather fill_holes grow intersect invert ramp refine shrunk smooth_ramp subtract to_picture union window",
    "color": "by_bands delta_e from_linear from_oklab hex_code in_gamut linear parse to_lab to_oklab within",
    "geometry": "apply contour crop_affine crop_window cut expand invert mirror_affine warp_to_window",
    "blend": "composite foreground",
    "image_io": "check_target decode encode format_of picture_suffixes pillow too_large upright write_file",
    "image_modes": (
        "ARRAY_MODES COLOR_MODES LUMA Native check_array fits image_array in_srgb native_alpha native_rgb "
        "native_with_alpha native_with_rgb profile_of"
    ),
    "image_profiles": "Profile profile_name profile_space read_profile",
    "image_16_bits": "decode_16_bits encode_16_bits has_16_bits",
    "image_metadata": "Metadata metadata_of without_gps",
    "image": "DEFAULT_MAX_PIXELS Picture Source open_image save_image",
    "overlay": "overlay palette small_overlay with_legend",
    "sheet": "contact_sheet",
    "types": "Box Detection Detector FaceParsing Mask Segmenter",
    "scene": "Face FaceView Scene edges_of",
    "landmarks": "Landmarks Nose Strip landmarks_of",
    "iris": "Iris eye_opening filled find_irises",
    "person": "person_mask",
    "belonging": "emptied islands without_islands without_others",
    "parameters": "FACES Color CubeFile Parameter PictureFile Range declared",
    "declare": "AnalyzerSpec Color CubeFile EffectSpec Kind Parameter PictureFile Range analyzer effect",
    "cards": "CLASSIFIER DETECTOR Card ModelCard checked_bytes find_card installed_models",
    "runtime": "NAMES available_providers open_session providers_for run_session thread_count",
    "classifier": "Classifier installed_classifier",
    "segmenters.onnx": "OnnxSegmenter",
    "segmenters.ensemble": "Ensemble",
    "detectors.card": "DetectorCard",
    "detectors.cascade": "CascadeDetector",
    "detectors.decode": "CHANNELS STRIDES Faces cells decode without_doubles",
    "detectors.onnx": "OnnxDetector",
    "detectors.tiles": "Tile scales tiles",
    "detectors.whole_frame": "FACE_PER_CROP LIFT WholeFrame",
    "hookspecs": "facefx_analyzers facefx_detectors facefx_effects facefx_segmenters hookimpl",
    "pipeline": "DEFAULT_DETECTOR DEFAULT_SEGMENTER parse parse_rgb resolve_detector resolve_segmenter",
    "painting": "Declined apply_effect chosen unsure",
    "warping": "faded warped",
    "portraits": "portrait_in",
    "reports": "Report analyze measure",
    "chains": "Chain Declined Result Step chain check_confidence load_look",
    "plugins": "PluginInfo Registry registry",
    "ready_looks": "look_file looks",
    "effects.brush": "Cheek Head cheeks head_of stroke",
    "effects.dye": "Dye broad_light",
    "effects.layers": "behind in_front over",
    "effects.makeup": "CHEEKS LIDS Makeup Zone makeup_of view_of",
    "effects.skin_layers": "CELLS Skin added away_from_features broad_color even_layer local_mean skin_of usual_color",
    "effects.strands": "Hair hair_of",
    "effects.tone": "Palette aimed from_perceived perceived recolored soft_limit surely_inside",
    "effects.warp_grid": "WarpGrid bump",
    "testing": "check_effect example_scene parameters",
    "errors": (
        "AmbiguousName EffectError FacefxError ImageError LookError MissingExtra ModelError NoFaceFound OutputError "
        "ParameterError PluginError RegionUnavailable UnknownName"
    ),
    "labels": "IGNORE Label LabelScheme Region is_scene_wide labels_of scheme scheme_names",
    "batch": "REPORT SHEET Batch Record Settings Status contact_sheet prepare read_report run run_batch",
    "video": "Tracker Tracking process scenes",
}


@pytest.mark.parametrize("module", NAMES)
def test_every_name_of_0_1_can_be_imported(module: str) -> None:
    sys.modules.pop(f"facefx.{module}", None) if module in MOVED else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        loaded = import_module(f"facefx.{module}")
        for name in NAMES[module].split():
            assert getattr(loaded, name) is not None
    told = [str(w.message) for w in caught if issubclass(w.category, DeprecationWarning)]
    assert bool(told) == (module in MOVED)


def test_the_warning_names_the_new_place_and_the_line_that_asked() -> None:
    code = "\n".join(
        (
            "import facefx",
            "from facefx.detectors.onnx import OnnxDetector",
            "print(facefx.masks.grow.__module__, OnnxDetector.__module__)",
        )
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::DeprecationWarning", "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["facefx.pixels.masks", "facefx.inference.detector.onnx"]
    assert "facefx.detectors.onnx is facefx.inference.detector.onnx now; its old name goes away in 1.0" in done.stderr
    assert "facefx.masks is facefx.pixels.masks now" in done.stderr
    assert "<string>:2: DeprecationWarning" in done.stderr


def test_an_old_module_gives_the_very_same_things() -> None:
    sys.modules.pop("facefx.color", None)
    with pytest.warns(DeprecationWarning, match=r"facefx\.color is facefx\.pixels\.color now"):
        old = import_module("facefx.color")
    assert old.to_oklab is import_module("facefx.pixels.color").to_oklab
    with pytest.raises(AttributeError, match=r"module 'facefx\.color' has no attribute 'to_cmyk'"):
        _ = old.to_cmyk
    assert not any(name in MOVED for name in ("errors", "labels", "image", "chains", "declare", "plugins", "testing"))
