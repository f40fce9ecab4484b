/** Light hair in the light of a scene. */

import { type Color, linear, oklabOf } from "../pixels/color";
import type { Light } from "../pixels/relight";
import { seenColor } from "./perceived";
import { fromPerceived, perceived } from "./tone";

/** Linear light of the lightest fiftieth of a face's skin, usually, in white light of normal exposure, and in light that is too bright. */
const LIT_SKIN = 0.57;
const BRIGHT_SKIN = 0.85;
/** Over its perceived lightness: what nearly all heads of hair stay below, and from where on light colours keep away from that. */
const LIGHTEST = 0.94;
const SHADED = 0.7;
/** Of red, green and blue (IEC 61966-2-1). */
const LUMINANCE: Color = [0.2126, 0.7152, 0.0722];

/** A colour, RGB in [0, 1], as a whole head of hair has it in a scene: OKLab with perceived lightness, as in `effects/tools/hair_worn.py`. */
export function worn(rgb: Color, light: Light): Color {
  const color = seenColor(oklabOf(rgb));
  const shown = sum((c) => linear(rgb[c]) * light[c]);
  const skin = Math.min(LIT_SKIN * sum((c) => light[c]), BRIGHT_SKIN);
  const [lightness, lit] = [shown, skin].map((share) => perceived(Math.cbrt(share)));
  const [most, shaded] = [LIGHTEST * lit, SHADED * lit];
  if (lightness <= shaded) return color;
  const there = most - (most - shaded) * Math.exp((shaded - lightness) / (most - shaded));
  const less = fromPerceived(there) / Math.cbrt(shown);
  return [perceived(less * fromPerceived(color[0])), less * color[1], less * color[2]];
}

function sum(of: (channel: number) => number): number {
  return LUMINANCE.reduce((total, share, c) => total + share * of(c), 0);
}
